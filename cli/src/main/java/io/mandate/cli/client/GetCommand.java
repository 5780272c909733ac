package io.mandate.cli.client;

import com.google.gson.JsonObject;
import io.mandate.cli.Bounds;
import io.mandate.cli.ExitCode;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.KeyValue;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RangeResponse;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mandate get}. */
@Command(name = "get", description = "Read keys.", mixinStandardHelpOptions = true)
public final class GetCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private StoreOptions store;

    @Mixin
    private Keys keys;

    @Option(names = "--rev", paramLabel = "REVISION", description = "Read the store as it was at this revision.")
    private long revision;

    @Option(names = "--limit", paramLabel = "N", description = "At most so many keys.")
    private long limit;

    @Option(names = "--serializable", description = "Read the asked node's own copy, which may be behind.")
    private boolean serializable;

    @Option(names = "--value-only", description = "Print the values only, one a line.")
    private boolean valueOnly;

    @Option(names = "--count", description = "Print only how many keys there are.")
    private boolean count;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (StoreClient client = store.connect()) {
            RangeResponse answer = serializable
                    ? client.readLocally(KVGrpc.getRangeMethod(), request())
                    : client.read(KVGrpc.getRangeMethod(), request());
            print(out, answer);
            return answer.getCount() > 0 || count ? ExitCode.OK : ExitCode.NO;
        }
    }

    private RangeRequest request() {
        Keys.WireRange range = keys.range();
        return RangeRequest.newBuilder()
                .setKey(range.key())
                .setRangeEnd(range.rangeEnd())
                .setRevision(Bounds.atLeast("--rev", revision, 0))
                .setLimit(Bounds.atLeast("--limit", limit, 0))
                .setSerializable(serializable)
                .setCountOnly(count)
                .build();
    }

    private void print(PrintWriter out, RangeResponse answer) {
        List<KeyValue> found = answer.getKvsList();
        if (store.json && count) {
            JsonObject object = new JsonObject();
            object.addProperty("count", answer.getCount());
            Printer.json(out, object);
        } else if (store.json) {
            found.forEach(kv -> Printer.json(out, Printer.json(kv)));
        } else if (count) {
            out.println(answer.getCount());
        } else if (valueOnly) {
            found.forEach(kv -> out.println(Printer.value(kv.getValue())));
        } else if (!found.isEmpty()) {
            Printer.table(
                    out, Printer.KEY_HEADINGS, found.stream().map(Printer::row).toList());
            if (answer.getMore()) {
                out.println("(" + found.size() + " of " + answer.getCount() + "; more with a larger --limit)");
            }
        }
        out.flush();
    }
}
