package io.mandate.bench;

import io.mandate.bench.harness.Settings;
import io.mandate.bench.metric.Product;
import io.mandate.bench.metric.Results;
import io.mandate.bench.metric.Row;
import io.mandate.bench.report.JsonReport;
import io.mandate.bench.report.Table;
import io.mandate.verify.process.ExternalTool;
import io.mandate.verify.process.ServerBinary;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Measures etcd and Mandate in turn on this machine and prints how they compare. Started by {@code bench/run}. */
@Command(
        name = "bench/run",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures etcd and Mandate in turn, three nodes each, and prints a table of medians and ratios.")
public final class SideBySide implements Callable<Integer> {
    /** Set by {@code bench/run}: which sources were measured. */
    private static final String COMMIT_PROPERTY = "mandate.bench.commit";

    private static final String RECORDING = "-XX:StartFlightRecording=settings=profile,filename=";
    private static final int EXIT_VOID = 1;

    @Option(
            names = "--rows",
            defaultValue = "all",
            description = "Comma-separated: start, cas, reads, rss, watch, fanout, renew, idle, grant, handover, "
                    + "takeover, elections, partitions, leases, failover, groups. Default: all.")
    private String rows = "all";

    @Option(names = "--only", description = "etcd or mandate: measure one side; there are no ratios then.")
    private @Nullable String only;

    @Option(names = "--rounds", defaultValue = "3", description = "Turns of each side. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--seconds",
            defaultValue = "5",
            description = "Measured window of every loop. Default: ${DEFAULT-VALUE}.")
    private double seconds;

    @Option(
            names = "--warmup",
            defaultValue = "3",
            description = "Seconds before every window. Default: ${DEFAULT-VALUE}.")
    private double warmupSeconds;

    @Option(
            names = "--heat",
            defaultValue = "20",
            description = "Seconds of writes on each fresh cluster before its first row. Default: ${DEFAULT-VALUE}.")
    private double heatSeconds;

    @Option(names = "--idle-seconds", defaultValue = "20", description = "Default: ${DEFAULT-VALUE}.")
    private double idleSeconds;

    @Option(
            names = "--watchers",
            defaultValue = "1000",
            description = "Watchers of the fan-out. Default: ${DEFAULT-VALUE}.")
    private int watchers;

    @Option(names = "--kills", defaultValue = "5", description = "Leaders killed per round. Default: ${DEFAULT-VALUE}.")
    private int kills;

    @Option(
            names = "--leases",
            defaultValue = "100000",
            description = "Leases whose memory is measured. Default: ${DEFAULT-VALUE}.")
    private int leases;

    @Option(
            names = "--group-counts",
            split = ",",
            defaultValue = "1,4,16,64",
            description = "Numbers of groups to measure. Default: ${DEFAULT-VALUE}.")
    private List<Integer> groupCounts = List.of();

    @Option(
            names = "--leader-only",
            description = "All three connections of the loops lead to the leader, instead of one to each node.")
    private boolean leaderOnly;

    @Option(
            names = "--client-threads",
            defaultValue = "1",
            description = "Event loops of the load generator. Default: ${DEFAULT-VALUE}.")
    private int clientThreads;

    @Option(names = "--short", description = "Smoke: every row for a moment, under a minute. Its figures mean nothing.")
    private boolean smoke;

    @Option(
            names = "--profile",
            description = "Record Mandate's JVMs with Flight Recorder and print the hottest methods of each.")
    private boolean profile;

    @Option(
            names = "--json",
            defaultValue = "target/side-by-side.json",
            description = "File for every sample. Default: ${DEFAULT-VALUE}.")
    private Path json = Path.of("target/side-by-side.json");

    private final PrintStream out = System.out;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new SideBySide()).setExpandAtFiles(false).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Settings settings = smoke ? smokeSettings() : settings();
        Path directory = Files.createTempDirectory("mandate-bench-");
        try {
            Map<Product, ServerBinary> binaries = binaries(profile);
            if (!smoke) {
                // The load generator's own JVM must not be cold on the first side's first turn.
                out.println("warming up the load generator");
                runTurns(settings.warming(), binaries(false), directory, new Results());
            }
            Results results = measure(settings, binaries, directory);
            out.println();
            out.print(Table.render(results));
            write(JsonReport.render(facts(settings, binaries), results));
            return results.isVoid() ? EXIT_VOID : CommandLine.ExitCode.OK;
        } finally {
            delete(directory);
        }
    }

    private Results measure(Settings settings, Map<Product, ServerBinary> binaries, Path directory)
            throws InterruptedException {
        Results results = new Results();
        for (int round = 1; round <= settings.rounds(); round++) {
            out.println("round " + round + " of " + settings.rounds());
            runTurns(settings, binaries, directory, results);
        }
        return results;
    }

    private void runTurns(Settings settings, Map<Product, ServerBinary> binaries, Path directory, Results results)
            throws InterruptedException {
        for (Map.Entry<Product, ServerBinary> side : binaries.entrySet()) {
            new Pass(side.getKey(), side.getValue(), directory, settings, results, line -> out.println("  " + line))
                    .run();
        }
    }

    private Settings settings() {
        return new Settings(
                wanted(),
                rounds,
                millis(heatSeconds),
                millis(warmupSeconds),
                millis(seconds),
                millis(idleSeconds),
                watchers,
                kills,
                leases,
                leaderOnly,
                clientThreads,
                groupCounts,
                profile);
    }

    private Settings smokeSettings() {
        return new Settings(
                wanted(), 1, 0, 100, 300, 300, 50, 1, 1_000, leaderOnly, clientThreads, List.of(4), profile);
    }

    private static long millis(double seconds) {
        return Math.round(seconds * 1000);
    }

    private Set<Row> wanted() {
        try {
            return Row.parse(rows);
        } catch (IllegalArgumentException e) {
            throw wrong("--rows", e.getMessage());
        }
    }

    private Map<Product, ServerBinary> binaries(boolean recorded) {
        Map<Product, ServerBinary> binaries = new EnumMap<>(Product.class);
        if (wants(Product.ETCD)) {
            Path etcd = ExternalTool.ETCD.find().orElseThrow(() -> wrong("no etcd", ExternalTool.ETCD.howToProvide()));
            binaries.put(Product.ETCD, ServerBinary.etcd(etcd));
        }
        if (wants(Product.MANDATE)) {
            binaries.put(Product.MANDATE, recorded ? recordedMandate() : ServerBinary.mandate());
        }
        return binaries;
    }

    private ServerBinary recordedMandate() {
        if (System.getProperty(ServerBinary.MANDATE_LAUNCHER_PROPERTY) != null) {
            throw wrong("--profile", "a launcher's JVM takes no options from here");
        }
        List<String> options = new ArrayList<>(List.of(RECORDING + Pass.RECORDING_FILE));
        String configured = System.getProperty(ServerBinary.MANDATE_JVM_OPTIONS_PROPERTY, "")
                .strip();
        if (!configured.isEmpty()) {
            options.addAll(List.of(configured.split("\\s+", -1)));
        }
        return ServerBinary.mandate(options.toArray(String[]::new));
    }

    private boolean wants(Product product) {
        if (only == null) {
            return true;
        }
        try {
            return Product.valueOf(only.toUpperCase(Locale.ROOT)) == product;
        } catch (IllegalArgumentException e) {
            throw wrong("--only " + only, "etcd or mandate");
        }
    }

    private static ParameterException wrong(String what, @Nullable String why) {
        return new ParameterException(new CommandLine(new SideBySide()), what + ": " + why);
    }

    private static Map<String, String> facts(Settings settings, Map<Product, ServerBinary> binaries) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("finished", Instant.now().toString());
        facts.put("commit", System.getProperty(COMMIT_PROPERTY, "unknown"));
        facts.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("java", Runtime.version().toString());
        binaries.forEach(
                (product, binary) -> facts.put(product.title(), binary.command().get(0)));
        facts.putAll(settings.asFacts());
        return facts;
    }

    private void write(String report) throws IOException {
        Path file = json.toAbsolutePath();
        Path parent = file.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Files.writeString(file, report);
        out.println("\nevery sample: " + file);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
