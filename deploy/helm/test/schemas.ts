/** Schemas for kubeconform, laid out on disk: Kubernetes' own from a wheel, custom kinds from their projects' CRDs. */

import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { folder, goModule, wheel } from "../../test/tools.ts";

/** Oldest and newest supported minor; the oldest is Chart.yaml's. */
export const KUBERNETES = ["1.30", "1.37"] as const;
const WHEEL = "kubernetes-validate==1.37.0";
const CRDS = {
  "github.com/kedacore/keda/v2@v2.21.0": "config/crd/bases/keda.sh_scaledobjects.yaml",
  "sigs.k8s.io/gateway-api@v1.4.0": "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
  "github.com/prometheus-operator/prometheus-operator@v0.85.0":
    "example/prometheus-operator-crd/monitoring.coreos.com_{podmonitors,servicemonitors,prometheusrules}.yaml",
};

type Json = Record<string, unknown>;

/** What goes to `-schema-location`, in order. */
export function schemaLocations(): string[] {
  const out = folder("schemas");
  const wheels = wheel(WHEEL);
  for (const minor of KUBERNETES) kubernetes(wheels, out, minor);
  for (const path of crdFiles()) crd(out, path);
  return [out, join(out, "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json")];
}

/** CustomResourceDefinitions, as their projects publish them. */
export function crdFiles(): string[] {
  return Object.entries(CRDS).flatMap(([module, glob]) => {
    const cwd = goModule(module);
    return globSync(glob, { cwd }).map((path) => join(cwd, path));
  });
}

/** The files refer to each other by an absolute address; here they are neighbours. */
function kubernetes(wheels: string, out: string, minor: string): void {
  const to = join(out, `v${minor}.0-standalone-strict`);
  if (existsSync(to)) return;
  const from = join(wheels, "kubernetes_validate/kubernetes-json-schema", `v${minor}.0-local-strict`);
  const files = globSync("*.json", { cwd: from }).map((name): [string, string] => {
    const text = readFileSync(join(from, name), "utf8").replaceAll('"/api/_definitions.json#', '"_definitions.json#');
    const { $id: _, ...schema } = JSON.parse(text) as Json;
    return [basename(name), JSON.stringify(schema)];
  });
  mkdirSync(to);
  for (const [name, text] of files) writeFileSync(join(to, name), text);
}

function crd(out: string, path: string): void {
  for (const document of parseAllDocuments(readFileSync(path, "utf8"))) {
    const { spec } = document.toJS() as {
      spec: { group: string; names: { kind: string }; versions: { name: string; schema: { openAPIV3Schema: Json } }[] };
    };
    for (const { name, schema } of spec.versions) {
      const file = join(out, spec.group, `${spec.names.kind.toLowerCase()}_${name}.json`);
      mkdirSync(dirname(file), { recursive: true });
      const { properties, ...rest } = close(schema.openAPIV3Schema) as { properties: Json };
      writeFileSync(file, JSON.stringify({ ...rest, properties: { ...properties, metadata: { type: "object" } } }));
    }
  }
}

/** Unknown fields are refused, as the API server's strict validation does; Kubernetes' extensions become JSON Schema. */
function close(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(close);
  if (typeof node !== "object" || node === null) return node;
  const { "x-kubernetes-int-or-string": either, ...schema } = node as Json;
  const isOpen = schema["x-kubernetes-preserve-unknown-fields"] || schema["x-kubernetes-embedded-resource"];
  const closed = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === "enum" || key === "default" ? value : key === "properties" ? mapValues(value as Json) : close(value),
    ]),
  );
  if (either === true) {
    delete closed.type;
    closed.anyOf ??= [{ type: "integer" }, { type: "string" }];
  }
  if (closed.properties !== undefined && !isOpen) closed.additionalProperties ??= false;
  return closed;
}

const mapValues = (schemas: Json): Json =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, close(schema)]));
