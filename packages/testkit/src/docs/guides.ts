/** Which guides are run, each on ports of its own. */

export interface Guide {
  file: string;
  /** Where the reader stands: in the checkout, or in a folder beside it that is empty but for installed packages. */
  stands: "checkout" | "app";
  basePort: number;
}

/** In every run; the longest first. */
export const GUIDES: readonly Guide[] = [
  { file: "examples/support-desk/README.md", stands: "checkout", basePort: 18_000 },
  { file: "README.md", stands: "checkout", basePort: 19_000 },
  { file: "docs/contracts.md", stands: "app", basePort: 20_000 },
  { file: "docs/quickstart.md", stands: "app", basePort: 21_000 },
  { file: "docs/operations/by-hand.md", stands: "checkout", basePort: 25_000 },
];

/** By the campaign of the incidents. */
export const INCIDENTS: readonly Guide[] = ["redis-failover", "notifier-poison", "edge-memory"].map((name, i) => ({
  file: `docs/operations/incidents/${name}.md`,
  stands: "checkout",
  basePort: 22_000 + i * 1_000,
}));
