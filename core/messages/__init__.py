"""All that the company says outside of its pages: what it says (`catalogue`), the rows and their sending (`outbox`)."""
