"""A city in small: invented people who book, drive, pay, rate and complain, through the platform's public doors alone."""
