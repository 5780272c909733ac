package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.ReplicatorGroup;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.InvokeContext;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteRequest;
import com.alipay.sofa.jraft.util.Endpoint;
import com.google.protobuf.Message;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine's client of one group, on the transport that all groups share. Its shutdown does not close the transport.
 * Thread-safe.
 */
final class EngineClient implements RpcClient {
    private static final Logger LOG = LoggerFactory.getLogger(EngineClient.class);

    private final PeerTransport transport;

    EngineClient(PeerTransport transport) {
        this.transport = transport;
    }

    @Override
    public boolean checkConnection(Endpoint endpoint) {
        return transport.link(endpoint).isWritable();
    }

    /** Links connect automatically, so there is nothing to create. */
    @Override
    public boolean checkConnection(Endpoint endpoint, boolean createIfAbsent) {
        return checkConnection(endpoint);
    }

    @Override
    public void closeConnection(Endpoint endpoint) {
        transport.link(endpoint).disconnect();
    }

    @Override
    public void registerConnectEventListener(ReplicatorGroup replicators) {
        transport.addListener(new PeerListener() {
            @Override
            public void connected(Endpoint peer) {
                replicators.checkReplicator(new PeerId(peer, 0), true);
            }
        });
    }

    @Override
    public Object invokeSync(Endpoint endpoint, Object request, @Nullable InvokeContext context, long timeoutMillis)
            throws InterruptedException, RemotingException {
        CompletableFuture<Object> response = new CompletableFuture<>();
        invoke(endpoint, request, timeoutMillis, (result, failure) -> {
            if (failure == null) {
                response.complete(result);
            } else {
                response.completeExceptionally(failure);
            }
        });
        try {
            return response.get(timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            throw new RemotingException(failed.getCause());
        } catch (TimeoutException late) {
            throw new RemotingException(late);
        }
    }

    @Override
    public void invokeAsync(
            Endpoint endpoint,
            Object request,
            @Nullable InvokeContext context,
            InvokeCallback callback,
            long timeoutMillis) {
        Executor executor = executorFor(callback);
        invoke(endpoint, request, timeoutMillis, (result, failure) -> {
            try {
                executor.execute(() -> callback.complete(result, failure));
            } catch (RejectedExecutionException stopped) {
                LOG.debug("answer-unheard peer={} cause=\"the engine has stopped\"", endpoint);
            }
        });
    }

    /**
     * Responses to appends keep their order. For others the engine has a pool in each group; all groups need no more
     * threads than one.
     */
    private Executor executorFor(InvokeCallback callback) {
        Executor groupExecutor = callback.executor();
        return groupExecutor instanceof ThreadPoolExecutor ? transport.engineThreads() : groupExecutor;
    }

    private interface ResponseHandler {
        void complete(@Nullable Object result, @Nullable Throwable failure);
    }

    private void invoke(Endpoint endpoint, Object request, long timeoutMillis, ResponseHandler responseHandler) {
        if (request instanceof RequestVoteRequest && transport.engine().refusesVotes()) {
            // A candidate votes for itself, so a node that must not vote must not become one.
            responseHandler.complete(null, new TransportException(EngineServer.NOT_READMITTED));
            return;
        }
        boolean heartbeat = request instanceof AppendEntriesRequest append && append.getEntriesCount() == 0;
        long sentNanos = System.nanoTime();
        transport
                .link(endpoint)
                .call(
                        (allocator, id) -> EngineMessages.frame(allocator, Frame.KIND_REQUEST, id, (Message) request),
                        new PeerLink.Call() {
                            @Override
                            public void responded(int type, ByteBuf payload) {
                                if (!EngineMessages.isResponseTo(type, (Message) request)) {
                                    throw new TransportException("a message of type " + type + " in response to a "
                                            + request.getClass().getSimpleName());
                                }
                                Message message = EngineMessages.read(type, payload);
                                if (heartbeat) {
                                    transport.meters().roundTrips(endpoint).observeNanos(System.nanoTime() - sentNanos);
                                }
                                responseHandler.complete(message, null);
                            }

                            @Override
                            public void failed(TransportException failure) {
                                if (heartbeat && failure.isNeverSent()) {
                                    transport.meters().failedHeartbeats.increment();
                                }
                                responseHandler.complete(null, failure);
                            }
                        },
                        timeoutMillis);
    }

    @Override
    public boolean init(RpcOptions options) {
        return true;
    }

    @Override
    public void shutdown() {}
}
