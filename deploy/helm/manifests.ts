/** Rendered objects, and how rules read them. */

import { parseAllDocuments } from "yaml";

/** An object of Kubernetes, as far as it is read here. */
export interface Manifest {
  kind: string;
  metadata: {
    name: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    // Of an object that the API server has.
    uid?: string;
    deletionTimestamp?: string;
  };
  // Its shape depends on the kind; each rule reads what it knows.
  spec: Tree;
  status?: Tree;
  /** Of a ServiceAccount. */
  automountServiceAccountToken?: boolean;
}
/** Read by name, down to text and numbers: what is absent is undefined. */
export interface Tree {
  [key: string]: Tree;
}

export const parseManifests = (text: string): Manifest[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);

export interface Workload {
  name: string;
  service: string;
  labels: Record<string, string>;
  pod: Tree;
  container: Tree;
  isDeployment: boolean;
  replicas: unknown;
  strategy: Tree | undefined;
  selector: Record<string, string>;
}

export const textOf = (value: unknown): string => String(value);
export const listOf = (value: Tree | undefined): Tree[] => (Array.isArray(value) ? value : []);
export const mapOf = (value: Tree | undefined): Record<string, string> =>
  (value ?? {}) as unknown as Record<string, string>;

export function workloadsOf(objects: readonly Manifest[]): Workload[] {
  return objects.flatMap(({ kind, metadata, spec }) => {
    if (kind !== "Deployment" && kind !== "Pod") return [];
    const isDeployment = kind === "Deployment";
    const pod = isDeployment ? spec.template!.spec! : spec;
    const labels = isDeployment ? mapOf(spec.template!.metadata!.labels) : (metadata.labels ?? {});
    return listOf(pod.containers).map((container) => ({
      name: metadata.name,
      service: labels["app.kubernetes.io/component"] ?? "",
      labels,
      pod,
      container,
      isDeployment,
      replicas: spec.replicas,
      strategy: spec.strategy,
      selector: isDeployment ? mapOf(spec.selector!.matchLabels) : {},
    }));
  });
}

/** The environment of a container: values as they are, files by what their secret would hold. */
export function environmentOf({ container }: Pick<Workload, "container">): Record<string, string> {
  return Object.fromEntries(
    listOf(container.env).map(({ name, value, valueFrom }) => [
      textOf(name),
      valueFrom === undefined ? textOf(value) : "pod",
    ]),
  );
}

export const matches = (selector: Record<string, string>, labels: Record<string, string>): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);
