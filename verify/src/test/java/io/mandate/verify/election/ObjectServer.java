package io.mandate.verify.election;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mandate.election.guard.http.Content;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;

/** A store of objects on a free port of this machine: GET, and PUT with If-Match and If-None-Match. */
final class ObjectServer implements AutoCloseable {
    private record Stored(Content content, String etag, Map<String, String> metadata) {}

    private final HttpServer server;
    private final Map<String, Stored> objects = new HashMap<>();
    private long versions;

    ObjectServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
    }

    String uri(String object) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/" + object;
    }

    private synchronized void answer(HttpExchange exchange) throws IOException {
        Content content = Content.of(exchange.getRequestBody().readAllBytes());
        String path = exchange.getRequestURI().getPath();
        boolean put = exchange.getRequestMethod().equals("PUT");
        if (put && !conditionsHold(exchange, path)) {
            exchange.sendResponseHeaders(412, -1);
        } else if (put) {
            Map<String, String> metadata = new HashMap<>();
            exchange.getRequestHeaders().forEach((name, values) -> {
                if (name.toLowerCase(Locale.ROOT).startsWith("x-amz-meta-")
                        || name.toLowerCase(Locale.ROOT).startsWith("content-")) {
                    metadata.put(name, values.get(0));
                }
            });
            Stored stored = new Stored(content, "\"" + ++versions + "\"", metadata);
            objects.put(path, stored);
            exchange.getResponseHeaders().set("ETag", stored.etag());
            exchange.sendResponseHeaders(200, -1);
        } else if (objects.containsKey(path)) {
            Stored stored = objects.get(path);
            exchange.getResponseHeaders().set("ETag", stored.etag());
            stored.metadata().forEach(exchange.getResponseHeaders()::set);
            byte[] bytes = stored.content().bytes();
            boolean empty = bytes.length == 0;
            exchange.sendResponseHeaders(200, empty ? -1 : bytes.length);
            if (!empty) {
                exchange.getResponseBody().write(bytes);
            }
        } else {
            exchange.sendResponseHeaders(404, -1);
        }
        exchange.close();
    }

    private boolean conditionsHold(HttpExchange exchange, String path) {
        String match = exchange.getRequestHeaders().getFirst("If-Match");
        String noneMatch = exchange.getRequestHeaders().getFirst("If-None-Match");
        Stored stored = objects.get(path);
        boolean matches = match == null || (stored != null && stored.etag().equals(match));
        return matches && (noneMatch == null || stored == null);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
