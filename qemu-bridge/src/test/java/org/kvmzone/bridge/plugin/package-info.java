/**
 * Tests of the plugin, most of them with real QEMUs: how it starts, what it refuses, how it ends.
 * There is no guest in these, only firmware; guests are booted by the system tests of the command.
 */
@NullMarked
package org.kvmzone.bridge.plugin;

import org.jspecify.annotations.NullMarked;
