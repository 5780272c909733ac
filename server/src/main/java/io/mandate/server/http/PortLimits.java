package io.mandate.server.http;

import java.time.Duration;

/**
 * How much of a node its clients' connections may take.
 *
 * @param connectionsMax connections open at a time; one more is closed as soon as it is accepted
 * @param streamsPerConnectionMax gRPC calls under way on one connection; the client is told, and keeps further ones
 *     waiting
 * @param headerBytesMax headers of one request, by either protocol
 * @param bodyBytesMax body of one HTTP/1.1 request
 * @param silence how long a new connection may take to say what it speaks
 * @param idle how long an HTTP/1.1 connection may say nothing before it is closed
 */
record PortLimits(
        int connectionsMax,
        int streamsPerConnectionMax,
        int headerBytesMax,
        int bodyBytesMax,
        Duration silence,
        Duration idle) {

    /**
     * 10,000 connections (some 50 KB each); 10,000 streams on each, since a process may campaign for, lock or watch as
     * many things over its one connection; headers of 16 KiB, the room a signed token needs; bodies as large as a gRPC
     * message of etcd's default; 10 seconds to begin, which a client with a lost first packet needs; 2 minutes of
     * idling, which is longer than pollers and browsers pause.
     */
    static final PortLimits DEFAULT =
            new PortLimits(10_000, 10_000, 16 << 10, 2 << 20, Duration.ofSeconds(10), Duration.ofMinutes(2));

    PortLimits {
        if (connectionsMax < 1 || streamsPerConnectionMax < 1 || headerBytesMax < 1 || bodyBytesMax < 1) {
            throw new IllegalArgumentException("connectionsMax " + connectionsMax + ", streamsPerConnectionMax "
                    + streamsPerConnectionMax + ", headerBytesMax " + headerBytesMax + " and bodyBytesMax "
                    + bodyBytesMax + " must be 1 or more");
        }
        if (silence.toMillis() < 1 || idle.toMillis() < 1) {
            throw new IllegalArgumentException("silence " + silence + " and idle " + idle + " must be 1 ms or more");
        }
    }
}
