package io.mandate.server.http;

import java.time.Duration;

/**
 * The limits of client connections.
 *
 * @param connectionsMax open connections; one more is closed as soon as it is accepted
 * @param streamsPerConnectionMax concurrent gRPC calls on one connection; the client is notified of it, and queues
 *     further calls
 * @param headerBytesMax the headers of one request, in either protocol
 * @param bodyBytesMax the body of one HTTP/1.1 request
 * @param handshakeTimeout how long a new connection may take to send enough bytes to detect its protocol
 * @param idleTimeout how long an HTTP/1.1 connection may be idle before it is closed
 */
record PortLimits(
        int connectionsMax,
        int streamsPerConnectionMax,
        int headerBytesMax,
        int bodyBytesMax,
        Duration handshakeTimeout,
        Duration idleTimeout) {

    /**
     * 10,000 connections (some 50 KB each); 10,000 streams on each, since a process may have as many campaigns, locks
     * or watches on its one connection; headers of 16 KiB, enough for a signed token; bodies as large as etcd's default
     * gRPC message; 10 seconds for the handshake, enough to retransmit a lost first packet; 2 minutes idle, longer than
     * the intervals of pollers and browsers.
     */
    static final PortLimits DEFAULT =
            new PortLimits(10_000, 10_000, 16 << 10, 2 << 20, Duration.ofSeconds(10), Duration.ofMinutes(2));

    PortLimits {
        if (connectionsMax < 1 || streamsPerConnectionMax < 1 || headerBytesMax < 1 || bodyBytesMax < 1) {
            throw new IllegalArgumentException("connectionsMax " + connectionsMax + ", streamsPerConnectionMax "
                    + streamsPerConnectionMax + ", headerBytesMax " + headerBytesMax + " and bodyBytesMax "
                    + bodyBytesMax + " must be 1 or more");
        }
        if (handshakeTimeout.toMillis() < 1 || idleTimeout.toMillis() < 1) {
            throw new IllegalArgumentException("handshakeTimeout " + handshakeTimeout + " and idleTimeout "
                    + idleTimeout + " must be 1 ms or more");
        }
    }
}
