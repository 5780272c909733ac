package io.mandate.cli.client;

import com.google.gson.JsonObject;
import io.mandate.cli.ExitCode;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.DeleteRangeResponse;
import io.mandate.etcdapi.KVGrpc;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code mandate del}. */
@Command(name = "del", description = "Delete keys.", mixinStandardHelpOptions = true)
public final class DeleteCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private StoreOptions store;

    @Mixin
    private Keys keys;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (StoreClient client = store.connect()) {
            Keys.WireRange range = keys.range();
            DeleteRangeResponse answer = client.write(
                    KVGrpc.getDeleteRangeMethod(),
                    DeleteRangeRequest.newBuilder()
                            .setKey(range.key())
                            .setRangeEnd(range.rangeEnd())
                            .build());
            if (store.json) {
                JsonObject object = new JsonObject();
                object.addProperty("deleted", answer.getDeleted());
                object.addProperty("revision", answer.getHeader().getRevision());
                Printer.json(out, object);
            } else {
                out.println("deleted " + answer.getDeleted() + ", revision "
                        + answer.getHeader().getRevision());
            }
            return answer.getDeleted() > 0 ? ExitCode.OK : ExitCode.NO;
        }
    }
}
