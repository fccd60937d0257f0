/** Which guides are run, each on ports of its own. */

export interface Guide {
  file: string;
  /** Where the reader stands: in the checkout, or in a folder beside it that is empty but for installed packages. */
  stands: "checkout" | "app";
  basePort: number;
}

/** The longest first. */
export const GUIDES: readonly Guide[] = [
  { file: "examples/support-desk/README.md", stands: "checkout", basePort: 18_000 },
  { file: "README.md", stands: "checkout", basePort: 19_000 },
  { file: "docs/contracts.md", stands: "app", basePort: 20_000 },
  { file: "docs/quickstart.md", stands: "app", basePort: 21_000 },
];
