/**
 * Programs in C++ that read and write chunks with protobuf's own library.
 *
 * @module
 */

const PROTO_FOLDER = new URL("../../proto", import.meta.url).pathname;

/** How a program is compiled. */
export interface CppOptions {
  /** Further flags for the compiler. */
  readonly flags?: readonly string[];
  /** Libraries beside protobuf's. */
  readonly libraries?: readonly string[];
}

/**
 * Compiles a program into a folder, with the code of `proto/` beside it.
 *
 * @returns The program's path.
 * @throws {Error} If it does not compile.
 */
export async function compileCpp(
  source: URL,
  folder: string,
  { flags = [], libraries = [] }: CppOptions = {},
): Promise<string> {
  const name = source.pathname.slice(source.pathname.lastIndexOf("/") + 1);
  const program = `${folder}/${name.replace(".cpp", "")}`;
  await run("protoc", [`--proto_path=${PROTO_FOLDER}`, `--cpp_out=${folder}`, "datachunk.proto"]);
  await run("g++", [
    ...["-std=c++17", ...flags, `-I${folder}`],
    ...[source.pathname, `${folder}/datachunk.pb.cc`, "-o", program],
    ...["protobuf", ...libraries, "pthread"].map((library) => `-l${library}`),
  ]);
  return program;
}

/** Whether a compiler and protobuf's are installed. */
export function hasCompiler(): boolean {
  return ["g++", "protoc"].every((command) => {
    try {
      return new Deno.Command(command, { args: ["--version"], stdout: "null", stderr: "null" })
        .outputSync().success;
    } catch {
      return false; // there is no such program
    }
  });
}

/** Whether RabbitMQ's library is installed. */
export function hasRabbitMqLibrary(): boolean {
  try {
    return Deno.statSync("/usr/include/amqp.h").isFile;
  } catch {
    return false;
  }
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args: [...args], stdout: "null" })
    .output();
  if (success) return;
  throw new Error(`Cannot compile: ${command} says ${new TextDecoder().decode(stderr)}`);
}
