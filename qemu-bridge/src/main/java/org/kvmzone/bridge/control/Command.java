package org.kvmzone.bridge.control;

import java.util.List;

/**
 * A command that a server answers.
 *
 * @param members what a request of it may have besides v, id and command
 */
record Command(Handler handler, List<String> members) {}
