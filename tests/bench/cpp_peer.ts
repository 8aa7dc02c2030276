/**
 * C++ beside which is measured: compiled for a benchmark, where there is a compiler.
 *
 * @module
 */

const PROTO_FOLDER = new URL("../../proto", import.meta.url).pathname;

/** What a machine needs for it, as Debian calls it. */
export const CPP_PACKAGES = "g++, protobuf-compiler and libprotobuf-dev";

/**
 * Compiles `cpp/<name>` into a folder, and returns the program's path; none if compiler or protobuf
 * are not installed.
 *
 * @throws {Error} If they are, and do not compile it.
 */
export async function compileCpp(name: string, folder: string): Promise<string | undefined> {
  for (const command of ["g++", "protoc"]) {
    if (!await run(command, ["--version"]).then(() => true, () => false)) return undefined;
  }
  const [source, program] = [new URL(`cpp/${name}`, import.meta.url).pathname, `${folder}/program`];
  await run("protoc", [`--proto_path=${PROTO_FOLDER}`, `--cpp_out=${folder}`, "datachunk.proto"]);
  const flags = ["-std=c++17", "-O3", "-march=native", "-DNDEBUG", `-I${folder}`];
  await run("g++", [
    ...flags,
    source,
    `${folder}/datachunk.pb.cc`,
    "-o",
    program,
    "-lprotobuf",
    "-lpthread",
  ]);
  return program;
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args: [...args], stdout: "null" })
    .output();
  if (success) return;
  throw new Error(`Cannot compile for the benchmark: ${new TextDecoder().decode(stderr)}`);
}
