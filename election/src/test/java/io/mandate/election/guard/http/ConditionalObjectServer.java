package io.mandate.election.guard.http;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A store of objects that honours conditional requests, over real HTTP on a free port of this machine; and that can be
 * told to misbehave.
 */
final class ConditionalObjectServer implements AutoCloseable {
    /** What it derives ETags from. */
    enum Tags {
        MD5,
        SHA256,
        COUNTER,
        WEAK,
        UNQUOTED,
        NONE
    }

    /** One PUT that arrived. */
    interface Arrived {
        /** Has it take effect if its condition holds; the status to answer with. */
        int apply();
    }

    /** What happens to one PUT. */
    interface Fault {
        /** True if it is to go on as if nothing had happened. */
        boolean on(HttpExchange exchange, Arrived put) throws IOException, InterruptedException;
    }

    /** It takes effect, and the connection breaks before the answer. */
    static final Fault LOSE_ANSWER = (exchange, put) -> {
        put.apply();
        return false;
    };

    /** The connection breaks before it takes effect. */
    static final Fault DROP = (exchange, put) -> false;

    /** It is not applied, and this is answered. */
    static Fault status(int status) {
        return (exchange, put) -> {
            exchange.sendResponseHeaders(status, -1);
            return false;
        };
    }

    /** It is applied, and this is answered. */
    static Fault appliedButStatus(int status) {
        return (exchange, put) -> {
            put.apply();
            exchange.sendResponseHeaders(status, -1);
            return false;
        };
    }

    private record Stored(Content content, Map<String, String> headers, String etag) {}

    static {
        // Otherwise head and body of an answer are sent 40 ms apart.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Stored> objects = new HashMap<>();
    private final AtomicInteger versions = new AtomicInteger();

    final ConcurrentLinkedQueue<Fault> faults = new ConcurrentLinkedQueue<>();
    final AtomicInteger gets = new AtomicInteger();
    final AtomicInteger puts = new AtomicInteger();
    /** The header {@code Authorization} of each request, or "none". */
    final Map<String, Integer> authorizations = new ConcurrentHashMap<>();

    volatile Tags tags = Tags.MD5;
    volatile boolean ignoresIfMatch;
    volatile boolean ignoresIfNoneMatch;
    volatile boolean forgetsMetadata;
    /** From this PUT on, two compare before either writes. */
    volatile int comparesBeforeItWritesFrom = Integer.MAX_VALUE;

    private final CountDownLatch compared = new CountDownLatch(2);
    volatile boolean tellsETagOfPut = true;
    volatile int getStatus = 200;
    volatile @Nullable Fault everyPut;
    /** Answers to GET stop in their middle until this is down. */
    volatile @Nullable CountDownLatch stallsBodies;

    ConditionalObjectServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    URI uri(String path) {
        return URI.create("http://" + server.getAddress().getAddress().getHostAddress() + ":"
                + server.getAddress().getPort() + "/" + path);
    }

    private void handle(HttpExchange exchange) {
        try (exchange) {
            String authorization = exchange.getRequestHeaders().getFirst("Authorization");
            authorizations.merge(authorization == null ? "none" : authorization, 1, Integer::sum);
            if (exchange.getRequestMethod().equals("GET")) {
                gets.incrementAndGet();
                get(exchange);
            } else {
                puts.incrementAndGet();
                put(exchange);
            }
        } catch (IOException | InterruptedException connectionGone) {
            // The client has seen it.
        }
    }

    private void get(HttpExchange exchange) throws IOException, InterruptedException {
        Stored stored;
        synchronized (objects) {
            stored = objects.get(exchange.getRequestURI().getPath());
        }
        if (getStatus != 200 || stored == null) {
            exchange.sendResponseHeaders(stored == null && getStatus == 200 ? 404 : getStatus, -1);
            return;
        }
        stored.headers.forEach(exchange.getResponseHeaders()::set);
        byte[] bytes = stored.content.bytes();
        if (!stored.etag.isEmpty()) {
            exchange.getResponseHeaders().set("ETag", stored.etag);
        }
        exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
        try (OutputStream body = exchange.getResponseBody()) {
            CountDownLatch stall = stallsBodies;
            if (stall != null) {
                body.write(bytes, 0, 1);
                body.flush();
                stall.await();
                body.write(bytes, 1, bytes.length - 1);
            } else {
                body.write(bytes);
            }
        }
    }

    private void put(HttpExchange exchange) throws IOException, InterruptedException {
        byte[] bytes = exchange.getRequestBody().readAllBytes();
        Fault fault = faults.poll();
        if (fault == null) {
            fault = everyPut;
        }
        if (fault == null || fault.on(exchange, () -> apply(exchange, bytes))) {
            int status = apply(exchange, bytes);
            exchange.sendResponseHeaders(status, -1);
        }
    }

    private int apply(HttpExchange exchange, byte[] bytes) {
        String path = exchange.getRequestURI().getPath();
        Headers headers = exchange.getRequestHeaders();
        if (puts.get() >= comparesBeforeItWritesFrom) {
            boolean holds;
            synchronized (objects) {
                holds = holds(headers, objects.get(path));
            }
            compared.countDown();
            await(compared);
            synchronized (objects) {
                return holds ? store(exchange, path, bytes) : 412;
            }
        }
        synchronized (objects) {
            return holds(headers, objects.get(path)) ? store(exchange, path, bytes) : 412;
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean holds(Headers headers, @Nullable Stored current) {
        String ifMatch = headers.getFirst("If-Match");
        if (ifMatch != null && !ignoresIfMatch) {
            return current != null && current.etag.equals(ifMatch);
        }
        return headers.getFirst("If-None-Match") == null || ignoresIfNoneMatch || current == null;
    }

    private int store(HttpExchange exchange, String path, byte[] bytes) {
        Map<String, String> kept = new HashMap<>();
        exchange.getRequestHeaders().forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            boolean metadata = lower.startsWith("x-") && !forgetsMetadata;
            if (metadata || lower.equals("content-type") || lower.equals("content-encoding")) {
                kept.put(name, values.get(0));
            }
        });
        String etag = etag(bytes);
        boolean created = objects.put(path, new Stored(Content.of(bytes), kept, etag)) == null;
        if (tellsETagOfPut && !etag.isEmpty()) {
            exchange.getResponseHeaders().set("ETag", etag);
        }
        return created ? 201 : 200;
    }

    private String etag(byte[] bytes) {
        return switch (tags) {
            case MD5 -> "\"" + HexFormat.of().formatHex(Lineage.digest("MD5", bytes)) + "\"";
            case SHA256 -> "\"" + HexFormat.of().formatHex(Lineage.digest("SHA-256", bytes)) + "\"";
            case COUNTER -> "\"v" + versions.incrementAndGet() + "\"";
            case WEAK -> "W/\"v" + versions.incrementAndGet() + "\"";
            case UNQUOTED -> "v" + versions.incrementAndGet();
            case NONE -> "";
        };
    }

    /** Puts an object there as somebody would who knows of no guard. */
    void plant(String path, String text, Map<String, String> headers) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        synchronized (objects) {
            objects.put("/" + path, new Stored(Content.of(bytes), headers, etag(bytes)));
        }
    }

    /** The header as it is stored; empty if there is none. */
    String header(String path, String name) {
        synchronized (objects) {
            Stored stored = objects.get("/" + path);
            return stored == null
                    ? ""
                    : stored.headers.entrySet().stream()
                            .filter(header -> header.getKey().equalsIgnoreCase(name))
                            .map(Map.Entry::getValue)
                            .findFirst()
                            .orElse("");
        }
    }

    byte[] bytes(String path) {
        synchronized (objects) {
            Stored stored = objects.get("/" + path);
            return stored == null ? new byte[0] : stored.content.bytes();
        }
    }

    @Override
    public void close() {
        CountDownLatch stall = stallsBodies;
        if (stall != null) {
            stall.countDown();
        }
        server.stop(0);
        threads.shutdownNow();
    }
}
