/**
 * A client of MQTT for tests, in a module of its own: the library asks for variables of the environment
 * when it is loaded, which tests without permissions do not do.
 *
 * @module
 */

// @ts-types="../../src/programs/mqtt_library.d.ts"
import { connectAsync } from "mqtt";

export { connectAsync };
