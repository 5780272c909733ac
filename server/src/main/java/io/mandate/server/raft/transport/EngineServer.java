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
 * The engine's server: finds the processor of a message and runs it on the executor that the engine specifies.
 * Thread-safe.
 */
final class EngineServer implements RpcServer {
    /** The reason of a failed vote request; part of the peer wire, for people only. */
    static final String NOT_READMITTED = "this member lost its disk and was not readmitted yet";

    private final Map<String, RpcProcessor<Object>> processors = new ConcurrentHashMap<>();
    private final List<ConnectionClosedEventListener> closedListeners = new CopyOnWriteArrayList<>();
    private final Executor executor;
    private final int port;
    private final EngineRequests requests;
    private volatile boolean votesRefused;

    EngineServer(Executor executor, int port, int groups, PeerRules rules) {
        this.executor = executor;
        this.port = port;
        this.requests = new EngineRequests(groups, rules);
    }

    /** While set, vote requests fail: a node that lost its votes must not vote. */
    void refuseVotes(boolean refuse) {
        votesRefused = refuse;
    }

    boolean refusesVotes() {
        return votesRefused;
    }

    /**
     * Handles a request of another node.
     *
     * @throws TransportException if no member of the cluster sends such a request
     */
    void received(EngineConnection connection, long callId, Message received) {
        Message request = requests.admit(received);
        if (votesRefused && request instanceof RpcRequests.RequestVoteRequest) {
            connection.respond(
                    callId,
                    RaftRpcFactory.DEFAULT.newResponse(
                            RpcRequests.RequestVoteResponse.getDefaultInstance(), RaftError.EPERM, NOT_READMITTED));
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
            // In order, which pipelining requires. The engine's own selector would use a thread for each group and each
            // of its leaders.
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
    @SuppressWarnings("unchecked") // a processor only receives requests of its own class
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

    /** No effect: the transport listens before the engine starts and closes after it. */
    @Override
    public boolean init(Void options) {
        return true;
    }

    @Override
    public void shutdown() {}

    private record Call(EngineConnection connection, long callId) implements RpcContext {
        @Override
        public void sendResponse(Object response) {
            connection.respond(callId, response);
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
