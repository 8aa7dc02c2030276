/**
 * C++ beside which is measured: compiled for a benchmark, where there is a compiler.
 *
 * @module
 */

const PROTO_FOLDER = new URL("../../proto", import.meta.url).pathname;

/** What a machine needs to encode and decode, as Debian calls it. */
export const CPP_PACKAGES = "g++, protobuf-compiler and libprotobuf-dev";
/** What it needs to publish. */
export const CPP_PUBLISHING_PACKAGES =
  "g++, protobuf-compiler, libprotobuf-dev and librabbitmq-dev";

const RABBITMQ_HEADER = "/usr/include/amqp.h";

/**
 * Compiles `cpp/<name>` into a folder, and returns the program's path; none if compiler or protobuf
 * are not installed.
 *
 * @param libraries What it is linked with beside protobuf.
 * @throws {Error} If they are, and do not compile it.
 */
export async function compileCpp(
  name: string,
  folder: string,
  libraries: readonly string[] = [],
): Promise<string | undefined> {
  for (const command of ["g++", "protoc"]) {
    if (!await run(command, ["--version"]).then(() => true, () => false)) return undefined;
  }
  const source = new URL(`cpp/${name}`, import.meta.url).pathname;
  const program = `${folder}/${name.replace(".cpp", "")}`;
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
    ...libraries,
  ]);
  return program;
}

/** As `compileCpp`, of what publishes; none if librabbitmq is not installed either. */
export async function compileCppPublisher(folder: string): Promise<string | undefined> {
  const isThere = await Deno.stat(RABBITMQ_HEADER).then(() => true, () => false);
  return isThere ? await compileCpp("sending.cpp", folder, ["-lrabbitmq"]) : undefined;
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args: [...args], stdout: "null" })
    .output();
  if (success) return;
  throw new Error(`Cannot compile for the benchmark: ${new TextDecoder().decode(stderr)}`);
}
