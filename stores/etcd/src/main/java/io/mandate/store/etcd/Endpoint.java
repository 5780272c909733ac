package io.mandate.store.etcd;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One address of a store. */
record Endpoint(String hostAndPort, boolean encrypted) {
    private static final Pattern FORM =
            Pattern.compile("(?:(https?)://)?((?:\\[[^\\]]+\\]|[^:/\\[\\]]+):(\\d{1,5}))/?");

    /** etcd cuts off who pings more often than every 5 seconds, or while nothing is under way. */
    private static final int PING_SECONDS = 6;

    private static final int PING_ANSWER_SECONDS_MAX = 3;
    private static final int RESPONSE_BYTES_MAX = 64 << 20;

    static Endpoint parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches() || Integer.parseInt(form.group(3)) < 1 || Integer.parseInt(form.group(3)) > 65_535) {
            throw new IllegalArgumentException(
                    "endpoint '" + text + "' is not of the form http://host:port; for instance http://127.0.0.1:2379");
        }
        return new Endpoint(form.group(2), "https".equals(form.group(1)));
    }

    ManagedChannel open() {
        NettyChannelBuilder builder = NettyChannelBuilder.forTarget("dns:///" + hostAndPort)
                .maxInboundMessageSize(RESPONSE_BYTES_MAX)
                .keepAliveTime(PING_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(PING_ANSWER_SECONDS_MAX, TimeUnit.SECONDS)
                .directExecutor()
                .disableRetry();
        return (encrypted ? builder.useTransportSecurity() : builder.usePlaintext()).build();
    }
}
