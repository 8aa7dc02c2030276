/**
 * C++ beside which is measured: compiled for a benchmark, where there is a compiler.
 *
 * @module
 */

import { compileCpp as compile, hasCompiler, hasRabbitMqLibrary } from "../peers/cpp_program.ts";

/** What a machine needs to encode and decode, as Debian calls it. */
export const CPP_PACKAGES = "g++, protobuf-compiler and libprotobuf-dev";
/** What it needs to publish. */
export const CPP_PUBLISHING_PACKAGES =
  "g++, protobuf-compiler, libprotobuf-dev and librabbitmq-dev";

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
  if (!hasCompiler()) return undefined;
  const flags = ["-O3", "-march=native", "-DNDEBUG"];
  return await compile(new URL(`cpp/${name}`, import.meta.url), folder, { flags, libraries });
}

/** As `compileCpp`, of what publishes; none if librabbitmq is not installed either. */
export async function compileCppPublisher(
  folder: string,
  name: string = "sending.cpp",
): Promise<string | undefined> {
  return hasRabbitMqLibrary() ? await compileCpp(name, folder, ["rabbitmq"]) : undefined;
}
