package org.kvmzone.bench.peers;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One measurement of one side.
 *
 * @param perSecond how many frames or requests, by the front end's own count and clock
 * @param backendNs nanoseconds of CPU time that the back end's process used for each
 * @param frontendNs the same of the front end's process
 * @param busyNs nanoseconds for each, without those spent looking for work in vain; null if the
 *     side cannot tell
 * @param share of a CPU, 0 to 1, that the program got which got least of those that never sleep;
 *     null if all of them do
 * @param near whether the two CPUs were near each other ({@link Ruler})
 * @param notes what else was seen, to be kept with the figures
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Sample(
    double perSecond,
    double backendNs,
    double frontendNs,
    @Nullable Double busyNs,
    @Nullable Double share,
    boolean near,
    Map<String, String> notes) {}
