// The till's page: shows what the terminal says, and turns keys and scans into its requests. The terminal decides.

import { watchKeys } from "./input.js";
import { listen } from "./page.js";
import { watchTouch } from "./pad.js";
import { remember } from "./settings.js";

remember();
watchKeys();
watchTouch();
listen();
