// Pages with a password on them.
import { preparePasswords } from "./parts/passwords.js";

preparePasswords(document);
