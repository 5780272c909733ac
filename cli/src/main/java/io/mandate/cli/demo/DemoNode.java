package io.mandate.cli.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A node's process. Thread-safe. */
final class DemoNode implements Waiting.Participant {
    private final String name;
    private final Process process;
    private final Path log;
    private volatile boolean ready;

    private DemoNode(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /**
     * Starts it.
     *
     * @param log a file for its errors and its log
     */
    static DemoNode start(String name, List<String> command, Path log) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        DemoNode node = new DemoNode(name, process, log);
        Thread reader = new Thread(node::listen, "output-of-" + name);
        reader.setDaemon(true);
        reader.start();
        return node;
    }

    private void listen() {
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                if (line.contains("ready to serve client requests")) {
                    ready = true;
                }
            }
        } catch (IOException closed) {
            // It has ended, as whoever waits for it sees.
        }
    }

    boolean isReady() {
        return ready;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public String lastLines() {
        return LogTail.of(log);
    }

    /** Returns when it is gone. What it has acknowledged is on its disk, so there is no need to ask it to end. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
