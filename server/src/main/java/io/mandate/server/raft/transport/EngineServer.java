package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.rpc.Connection;
import com.alipay.sofa.jraft.rpc.RaftRpcFactory;
import com.alipay.sofa.jraft.rpc.RpcContext;
import com.alipay.sofa.jraft.rpc.RpcProcessor;
import com.alipay.sofa.jraft.rpc.RpcRequests;
import com.alipay.sofa.jraft.rpc.RpcServer;
import com.alipay.sofa.jraft.rpc.impl.ConnectionClosedEventListener;
import com.google.protobuf.Message;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;

/**
 * The engine's end of incoming connections: finds the processor of a message and runs it where the engine wants it run.
 * Thread-safe.
 */
final class EngineServer implements RpcServer {
    private final Map<String, RpcProcessor<Object>> processors = new ConcurrentHashMap<>();
    private final List<ConnectionClosedEventListener> closedListeners = new CopyOnWriteArrayList<>();
    private final Executor executor;
    private final int port;
    private final EngineRequests requests;
    private volatile boolean votingRefused;

    EngineServer(Executor executor, int port, int groups, PeerRules rules) {
        this.executor = executor;
        this.port = port;
        this.requests = new EngineRequests(groups, rules);
    }

    /** While set, requests for a vote are answered with an error: a node that forgot how it voted must not vote. */
    void refuseVotes(boolean refuse) {
        votingRefused = refuse;
    }

    boolean refusesVotes() {
        return votingRefused;
    }

    /** Takes a request of another node; {@link TransportException} if none of the cluster's sends such a one. */
    void received(EngineConnection connection, long callId, Message received) {
        Message request = requests.admit(received);
        if (votingRefused && request instanceof RpcRequests.RequestVoteRequest) {
            connection.answer(
                    callId,
                    RaftRpcFactory.DEFAULT.newResponse(
                            RpcRequests.RequestVoteResponse.getDefaultInstance(),
                            RaftError.EPERM,
                            "this member lost its disk and has not been taken in again"));
            return;
        }
        RpcProcessor<Object> processor = processors.get(request.getClass().getName());
        if (processor == null) {
            throw new TransportException(
                    "no processor for " + request.getClass().getSimpleName());
        }
        executorFor(processor, connection, request)
                .execute(() -> processor.handleRequest(new Call(connection, callId), request));
    }

    private Executor executorFor(RpcProcessor<Object> processor, EngineConnection connection, Message request) {
        if (request instanceof RpcRequests.AppendEntriesRequest append) {
            // In order, which is what makes pipelining right. The engine's own selector would give each group, and each
            // of its leaders, a thread.
            return connection.inOrder(append.getGroupId(), executor);
        }
        Executor chosen = processor.executor();
        return chosen == null ? executor : chosen;
    }

    void connectionClosed(EngineConnection connection) {
        closedListeners.forEach(listener -> listener.onClosed(connection.remoteAddress(), connection));
    }

    @Override
    public void registerConnectionClosedEventListener(ConnectionClosedEventListener listener) {
        closedListeners.add(listener);
    }

    @Override
    @SuppressWarnings("unchecked") // a processor is only ever given requests of the class it is interested in
    public void registerProcessor(RpcProcessor<?> processor) {
        processors.put(processor.interest(), (RpcProcessor<Object>) processor);
    }

    @Override
    public int boundPort() {
        return port;
    }

    @Override
    public boolean isStarted() {
        return true;
    }

    /** The transport listens before the engine starts and closes after it: nothing to do. */
    @Override
    public boolean init(Void options) {
        return true;
    }

    @Override
    public void shutdown() {}

    private record Call(EngineConnection connection, long callId) implements RpcContext {
        @Override
        public void sendResponse(Object response) {
            connection.answer(callId, response);
        }

        @Override
        public Connection getConnection() {
            return connection;
        }

        @Override
        public String getRemoteAddress() {
            return connection.remoteAddress();
        }
    }
}
