package io.mandate.server.raft.transport;

import io.netty.handler.ssl.SslContext;

/** TLS between nodes: the contexts for incoming and for outgoing connections. */
public record PeerSecurity(SslContext listening, SslContext connecting) {}
