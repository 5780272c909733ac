package io.mandate.cli.client;

import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import io.mandate.cli.ExitCode;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.PutResponse;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mandate put}. */
@Command(name = "put", description = "Write a key.", mixinStandardHelpOptions = true)
public final class PutCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private StoreOptions store;

    @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
    private String key;

    @Parameters(index = "1", paramLabel = "VALUE", description = "Its value.")
    private String value;

    @Option(
            names = "--lease",
            paramLabel = "ID",
            converter = LeaseId.class,
            defaultValue = "0",
            description = "Lease to attach the key to, in hexadecimal: the key vanishes with it.")
    private long leaseId;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (StoreClient client = store.connect()) {
            PutResponse answer = client.write(
                    KVGrpc.getPutMethod(),
                    PutRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8(key))
                            .setValue(ByteString.copyFromUtf8(value))
                            .setLease(leaseId)
                            .build());
            if (store.json) {
                JsonObject object = new JsonObject();
                object.addProperty("revision", answer.getHeader().getRevision());
                Printer.json(out, object);
            } else {
                out.println("revision " + answer.getHeader().getRevision());
            }
            return ExitCode.OK;
        }
    }
}
