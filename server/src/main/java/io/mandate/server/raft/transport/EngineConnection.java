package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.rpc.Connection;
import com.google.protobuf.Message;
import io.netty.channel.Channel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The engine's view of an incoming connection: it stores attributes and sends responses. Thread-safe. */
final class EngineConnection implements Connection {
    private final Channel channel;
    private final TransportMeters meters;
    private final Map<String, Executor> inOrder = new ConcurrentHashMap<>();
    private final Map<String, Object> attributes = new ConcurrentHashMap<>();

    EngineConnection(Channel channel, TransportMeters meters) {
        this.channel = channel;
        this.meters = meters;
    }

    void respond(long callId, Object response) {
        var frame = EngineMessages.frame(channel.alloc(), Frame.KIND_RESPONSE, callId, (Message) response);
        meters.sentBytes.add(frame.readableBytes());
        channel.writeAndFlush(frame);
    }

    /** The executor that runs the other node's requests to a group in the order of their arrival. */
    Executor inOrder(String groupId, Executor threads) {
        return inOrder.computeIfAbsent(groupId, id -> new SerialExecutor(threads));
    }

    String remoteAddress() {
        return String.valueOf(channel.remoteAddress());
    }

    @Override
    public @Nullable Object getAttribute(String key) {
        return attributes.get(key);
    }

    @Override
    public void setAttribute(String key, Object value) {
        attributes.put(key, value);
    }

    @Override
    public @Nullable Object setAttributeIfAbsent(String key, Object value) {
        return attributes.putIfAbsent(key, value);
    }

    @Override
    public void close() {
        channel.close();
    }
}
