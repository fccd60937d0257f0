import { campaign } from "./campaign.ts";

campaign("stores");
