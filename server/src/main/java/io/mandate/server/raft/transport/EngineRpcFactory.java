package io.mandate.server.raft.transport;

import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.RaftRpcFactory;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.rpc.RpcServer;
import com.alipay.sofa.jraft.util.Endpoint;
import com.alipay.sofa.jraft.util.SPI;

/** The RPC factory that the engine's service loader finds instead of Bolt's. Public only for the loader. */
@SPI(priority = 100)
public final class EngineRpcFactory implements RaftRpcFactory {

    /** Carries the transport from the options to {@link #createRpcClient}; nothing is configured. */
    private record TransportConfig(PeerTransport transport) implements ConfigHelper<RpcClient> {
        @Override
        public void config(RpcClient client) {}
    }

    /** No effect: messages are known, see {@link EngineMessages}. */
    @Override
    public void registerProtobufSerializer(String className, Object... arguments) {}

    @Override
    public ConfigHelper<RpcClient> defaultJRaftClientConfigHelper(RpcOptions options) {
        if (options instanceof EngineOptions engineOptions) {
            return new TransportConfig(engineOptions.transport());
        }
        throw new IllegalArgumentException(
                "an engine node must be started with " + EngineOptions.class.getSimpleName());
    }

    @Override
    public RpcClient createRpcClient(ConfigHelper<RpcClient> helper) {
        return new EngineClient(((TransportConfig) helper).transport());
    }

    @Override
    public RpcServer createRpcServer(Endpoint endpoint, ConfigHelper<RpcServer> helper) {
        throw new UnsupportedOperationException("the transport has the server: " + PeerTransport.class.getSimpleName());
    }
}
