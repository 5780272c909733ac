package io.mandate.cli.client;

import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import io.mandate.cli.Bounds;
import io.mandate.cli.ExitCode;
import io.mandate.etcdapi.Compare;
import io.mandate.etcdapi.KVGrpc;
import io.mandate.etcdapi.KeyValue;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.etcdapi.TxnResponse;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mandate cas}. */
@Command(
        name = "cas",
        description = "Compare and swap: write a key only if it is as expected, else print what it is."
                + " Exit code 1 if not swapped.")
public final class CasCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    /** Not picocli's mixin, whose --version is another one. */
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help message and exit.")
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean help;

    @Mixin
    private StoreOptions store;

    @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
    private String key;

    @Parameters(index = "1", paramLabel = "VALUE", description = "Its new value.")
    private String value;

    @ArgGroup(multiplicity = "1")
    private Expectation expectation = new Expectation();

    /** What the key must be like; exactly one is given. */
    static final class Expectation {
        @Option(names = "--absent", description = "The key must not exist.")
        boolean absent;

        @Option(names = "--version", paramLabel = "N", description = "The key must have this version.")
        @Nullable
        Long version;

        @Option(names = "--modified", paramLabel = "REVISION", description = "It must have been last changed then.")
        @Nullable
        Long modified;

        @Option(names = "--value", paramLabel = "OLD", description = "The key must have this value.")
        @Nullable
        String value;

        Compare toCompare(ByteString key) {
            Compare.Builder compare = Compare.newBuilder().setKey(key).setResult(Compare.CompareResult.EQUAL);
            if (version != null) {
                Bounds.atLeast("--version", version, 0);
                return compare.setTarget(Compare.CompareTarget.VERSION)
                        .setVersion(version)
                        .build();
            }
            if (modified != null) {
                Bounds.atLeast("--modified", modified, 0);
                return compare.setTarget(Compare.CompareTarget.MOD)
                        .setModRevision(modified)
                        .build();
            }
            if (value != null) {
                return compare.setTarget(Compare.CompareTarget.VALUE)
                        .setValue(ByteString.copyFromUtf8(value))
                        .build();
            }
            return compare.setTarget(Compare.CompareTarget.CREATE)
                    .setCreateRevision(0)
                    .build();
        }
    }

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (StoreClient client = store.connect()) {
            TxnResponse answer = client.write(KVGrpc.getTxnMethod(), request());
            List<KeyValue> present = answer.getSucceeded()
                    ? List.of()
                    : answer.getResponses(0).getResponseRange().getKvsList();
            if (store.json) {
                JsonObject object = new JsonObject();
                object.addProperty("swapped", answer.getSucceeded());
                object.addProperty("revision", answer.getHeader().getRevision());
                present.forEach(kv -> object.add("present", Printer.json(kv)));
                Printer.json(out, object);
            } else if (answer.getSucceeded()) {
                out.println("swapped, revision " + answer.getHeader().getRevision());
            } else if (present.isEmpty()) {
                out.println("not swapped: the key does not exist");
            } else {
                out.println("not swapped: the key is");
                Printer.table(
                        out,
                        Printer.KEY_HEADINGS,
                        present.stream().map(Printer::row).toList());
            }
            return answer.getSucceeded() ? ExitCode.OK : ExitCode.NO;
        }
    }

    private TxnRequest request() {
        ByteString wireKey = ByteString.copyFromUtf8(key);
        return TxnRequest.newBuilder()
                .addCompare(expectation.toCompare(wireKey))
                .addSuccess(RequestOp.newBuilder()
                        .setRequestPut(
                                PutRequest.newBuilder().setKey(wireKey).setValue(ByteString.copyFromUtf8(value))))
                .addFailure(RequestOp.newBuilder()
                        .setRequestRange(RangeRequest.newBuilder().setKey(wireKey)))
                .build();
    }
}
