package io.mandate.server.raft.transport;

import io.netty.handler.ssl.SslContext;

/** TLS between nodes: what to show and whom to trust when listening and when connecting. */
public record PeerSecurity(SslContext listening, SslContext connecting) {}
