package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.rpc.CliRequests;
import com.alipay.sofa.jraft.rpc.RpcRequests;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The engine's messages that may be sent. The code of each is its position in this list, which therefore only grows at
 * the end. Other messages cannot be sent, and no class is looked up by a name from the wire.
 */
final class EngineMessages {
    private static final List<Message> MESSAGES = List.of(
            RpcRequests.ErrorResponse.getDefaultInstance(),
            RpcRequests.PingRequest.getDefaultInstance(),
            RpcRequests.AppendEntriesRequest.getDefaultInstance(),
            RpcRequests.AppendEntriesResponse.getDefaultInstance(),
            RpcRequests.RequestVoteRequest.getDefaultInstance(),
            RpcRequests.RequestVoteResponse.getDefaultInstance(),
            RpcRequests.InstallSnapshotRequest.getDefaultInstance(),
            RpcRequests.InstallSnapshotResponse.getDefaultInstance(),
            RpcRequests.GetFileRequest.getDefaultInstance(),
            RpcRequests.GetFileResponse.getDefaultInstance(),
            RpcRequests.TimeoutNowRequest.getDefaultInstance(),
            RpcRequests.TimeoutNowResponse.getDefaultInstance(),
            RpcRequests.ReadIndexRequest.getDefaultInstance(),
            RpcRequests.ReadIndexResponse.getDefaultInstance(),
            CliRequests.GetLeaderRequest.getDefaultInstance(),
            CliRequests.GetLeaderResponse.getDefaultInstance());

    private static final int ERROR_RESPONSE = 0;

    private static final Map<Class<?>, Integer> TYPES = new HashMap<>();

    static {
        for (int type = 0; type < MESSAGES.size(); type++) {
            TYPES.put(MESSAGES.get(type).getClass(), type);
        }
    }

    private EngineMessages() {}

    static ByteBuf frame(ByteBufAllocator allocator, byte kind, long callId, Message message) {
        Integer type = TYPES.get(message.getClass());
        if (type == null) {
            throw new TransportException(message.getClass().getName() + " is not a message between nodes");
        }
        int size = message.getSerializedSize();
        ByteBuf frame = Frame.begin(allocator, kind, type, callId, size);
        int start = frame.writerIndex();
        try {
            message.writeTo(CodedOutputStream.newInstance(frame.internalNioBuffer(start, size)));
        } catch (IOException full) {
            frame.release();
            throw new UncheckedIOException(full);
        }
        return frame.writerIndex(start + size);
    }

    static Message read(int type, ByteBuf payload) {
        if (type < 0 || type >= MESSAGES.size()) {
            throw new TransportException("message type " + type + " is unknown to this release");
        }
        try {
            return MESSAGES.get(type).getParserForType().parseFrom(payload.nioBuffer());
        } catch (InvalidProtocolBufferException malformed) {
            throw new TransportException("message of type " + type + " cannot be read: " + malformed.getMessage());
        }
    }

    /**
     * Whether a message of {@code type} may be the response to a request: an error, or the message after the request in
     * the list.
     */
    static boolean isResponseTo(int type, Message request) {
        return type == ERROR_RESPONSE || type == TYPES.getOrDefault(request.getClass(), ERROR_RESPONSE) + 1;
    }
}
