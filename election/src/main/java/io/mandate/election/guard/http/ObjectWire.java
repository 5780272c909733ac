package io.mandate.election.guard.http;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Turns questions to the server into HTTP requests, and its answers into replies. Thread-safe. */
final class ObjectWire {
    /** Enough of an error page to see what it is about. */
    private static final int ERROR_CHARACTERS_MAX = 200;

    private final HttpClient client;
    private final ObjectGuardOptions options;
    private final RequestSigner signer;

    ObjectWire(HttpClient client, ObjectGuardOptions options, RequestSigner signer) {
        this.client = client;
        this.options = options;
        this.signer = signer;
    }

    /** Completes within the request timeout, and exceptionally only for a defect. Cancelling it closes the exchange. */
    CompletableFuture<Reply> send(ObjectRequest request) {
        CompletableFuture<HttpResponse<BoundedBody.Body>> sent;
        try {
            sent = client.sendAsync(http(request), head -> new BoundedBody(options.storedBytesMax()));
        } catch (RuntimeException problem) {
            // The signer's, or the client does not like the URI: an earlier copy of a write may be on its way all the
            // same.
            return CompletableFuture.completedFuture(new Reply.Refused(problem));
        }
        // The request's own timeout ends with the head of the answer; a body may trickle for ever.
        CompletableFuture<Reply> reply = sent.copy()
                .orTimeout(options.requestTimeout().toNanos(), TimeUnit.NANOSECONDS)
                .handle((response, failure) -> failure == null ? reply(request, response) : lost(request, failure));
        reply.whenComplete((done, cancelled) -> sent.cancel(true));
        return reply;
    }

    private HttpRequest http(ObjectRequest request) {
        HttpRequest.Builder http = HttpRequest.newBuilder(request.uri()).timeout(options.requestTimeout());
        ObjectRequest.Upload upload = request.upload();
        byte[] body = new byte[0];
        if (upload == null) {
            http.GET().setHeader("Cache-Control", "no-cache");
            if (options.etags() == ETags.OF_CONTENT) {
                // Some stores unpack gzip for clients that do not ask for it, and change the ETag.
                http.setHeader("Accept-Encoding", "gzip");
            }
        } else {
            body = upload.content().sharedBytes();
            if (options.etags() == ETags.OF_CONTENT) {
                body = Stamp.pack(body, upload.lineage().latest());
                http.setHeader("Content-Encoding", "gzip");
            }
            http.PUT(HttpRequest.BodyPublishers.ofByteArray(body))
                    .setHeader("Content-Type", upload.content().type())
                    .setHeader(options.tokenHeader(), Long.toString(upload.token()))
                    .setHeader(options.writesHeader(), upload.lineage().text());
            if (upload.etag() == null) {
                http.setHeader("If-None-Match", "*");
            } else {
                http.setHeader("If-Match", upload.etag());
            }
        }
        signer.sign(http, ByteBuffer.wrap(body).asReadOnlyBuffer());
        return http.build();
    }

    private Reply lost(ObjectRequest request, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        boolean neverConnected = cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException;
        // With this set the JDK sends a PUT again by itself, so that a refused connection may be the second one.
        boolean sentAgain = System.getProperty("jdk.httpclient.enableAllMethodRetry") != null;
        return new Reply.Lost(
                "no answer from " + ObjectRequest.name(request.uri()) + " (" + cause + ")",
                cause,
                request.upload() != null && (!neverConnected || sentAgain));
    }

    private Reply reply(ObjectRequest request, HttpResponse<BoundedBody.Body> response) {
        int status = response.statusCode();
        // 501 is what some stores say to a condition that they do not know.
        if ((status >= 500 && status != 501) || status == 408 || status == 429) {
            boolean maybeApplied = request.upload() != null && status != 429;
            return new Reply.Lost(said(request, response), null, maybeApplied);
        }
        return request.upload() == null
                ? replyToRead(request, response)
                : replyToWrite(request, request.upload(), response);
    }

    private Reply replyToWrite(
            ObjectRequest request, ObjectRequest.Upload upload, HttpResponse<BoundedBody.Body> response) {
        if (!response.request().method().equals("PUT")) {
            return new Reply.Refused(new ObjectGuardException("the write of " + ObjectRequest.name(request.uri())
                    + " was redirected and became a " + response.request().method()
                    + ": use a client that does not follow redirects, and the address they lead to"));
        }
        return switch (response.statusCode()) {
            case 200, 201, 204 ->
                new Reply.Stored(response.headers()
                        .firstValue("ETag")
                        .filter(etag -> StrongETag.problem(etag).isEmpty())
                        .orElse(null));
            case 409, 412 -> new Reply.ConditionFailed(response.statusCode());
            // The answer of S3 if the object was deleted meanwhile. Without an object expected it means that there is
            // no such bucket.
            case 404, 410 ->
                upload.etag() == null ? refused(request, response) : new Reply.ConditionFailed(response.statusCode());
            default ->
                response.statusCode() < 300
                        ? new Reply.Lost(
                                said(request, response) + ", which does not say that it was written", null, true)
                        : refused(request, response);
        };
    }

    private Reply replyToRead(ObjectRequest request, HttpResponse<BoundedBody.Body> response) {
        return switch (response.statusCode()) {
            case 200 -> {
                try {
                    yield new Reply.Found(version(request, response));
                } catch (ObjectGuardException | UnsafeServerException problem) {
                    yield new Reply.Refused(problem);
                }
            }
            case 404, 410 -> new Reply.Missing();
            default -> refused(request, response);
        };
    }

    private Version version(ObjectRequest request, HttpResponse<BoundedBody.Body> response) {
        String name = ObjectRequest.name(request.uri());
        HttpHeaders headers = response.headers();
        String etag = headers.firstValue("ETag")
                .orElseThrow(() -> new UnsafeServerException(name
                        + " has no ETag, without which no write can be made conditional: use a "
                        + "server that gives ETags"));
        StrongETag.problem(etag).ifPresent(problem -> {
            throw new UnsafeServerException(name + ": " + problem);
        });
        byte[] stored = response.body().bytes;
        if (!response.body().whole) {
            throw tooLarge(name);
        }
        if (options.etags() == ETags.OF_WRITE && etag.equals("\"" + md5(stored) + "\"")) {
            throw new UnsafeServerException(
                    "the ETag of " + name + " is the MD5 of its content, so that two writes of the"
                            + " same content cannot be told apart: use ETags.OF_CONTENT");
        }
        Optional<String> token = metadata(name, headers, options.tokenHeader());
        Lineage lineage = metadata(name, headers, options.writesHeader())
                .map(text -> Lineage.parse(text)
                        .orElseThrow(() -> malformed(name, options.writesHeader(), text, "list of writes")))
                .orElseGet(() -> Lineage.foreign(etag));
        byte[] content = Stamp.isOn(stored, lineage.latest()) ? unpack(name, stored) : stored;
        if (content.length > options.contentBytesMax()) {
            throw tooLarge(name);
        }
        String type = headers.firstValue("Content-Type").orElse("application/octet-stream");
        long number = token.map(text -> token(name, text)).orElse(0L);
        return new Version(new StoredObject(Content.owning(content).as(type), etag, number), lineage);
    }

    private byte[] unpack(String name, byte[] stored) {
        try {
            return Stamp.unpack(stored, options.contentBytesMax()).orElseThrow(() -> tooLarge(name));
        } catch (IOException damaged) {
            throw new ObjectGuardException(name + " is damaged: its gzip cannot be read; restore it", damaged);
        }
    }

    private Optional<String> metadata(String name, HttpHeaders headers, String header) {
        List<String> values = headers.allValues(header);
        if (values.size() > 1) {
            throw malformed(name, header, String.join(", ", values), "single value");
        }
        return values.stream().findFirst().map(String::strip);
    }

    private long token(String name, String text) {
        try {
            long token = Long.parseLong(text);
            if (token >= 0) {
                return token;
            }
        } catch (NumberFormatException notANumber) {
            throw malformed(name, options.tokenHeader(), text, "fencing token");
        }
        throw malformed(name, options.tokenHeader(), text, "fencing token");
    }

    private static ObjectGuardException malformed(String name, String header, String text, String what) {
        return new ObjectGuardException("the metadata " + header + " of " + name + " is '" + text + "', which is no "
                + what + ": something else than this guard wrote it; find out what, then correct it by hand");
    }

    private ObjectGuardException tooLarge(String name) {
        return new ObjectGuardException(name + " holds more than the " + options.contentBytesMax()
                + " bytes that this guard reads: raise contentBytesMax, or split the object");
    }

    private static String md5(byte[] bytes) {
        return HexFormat.of().formatHex(Lineage.digest("MD5", bytes));
    }

    private static Reply refused(ObjectRequest request, HttpResponse<BoundedBody.Body> response) {
        return new Reply.Refused(
                new ObjectGuardException(said(request, response) + ": " + remedy(response.statusCode())));
    }

    private static String said(ObjectRequest request, HttpResponse<BoundedBody.Body> response) {
        byte[] bytes = response.body().bytes;
        String text = new String(bytes, 0, Math.min(bytes.length, ERROR_CHARACTERS_MAX), StandardCharsets.UTF_8)
                .replaceAll("[^\\x20-\\x7e]+", " ")
                .strip();
        return (request.upload() == null ? "reading " : "writing ") + ObjectRequest.name(request.uri())
                + " was answered with status " + response.statusCode() + (text.isEmpty() ? "" : " '" + text + "'");
    }

    private static String remedy(int status) {
        return switch (status) {
            case 401, 403 ->
                "check the request signer and the permissions (stores say this also of a missing object if listing is"
                        + " not allowed)";
            case 404 -> "check that the bucket or path exists";
            case 413 -> "the server wants smaller objects";
            default ->
                status < 400
                        ? "use the address that redirects lead to"
                        : "check the address and what the server supports";
        };
    }
}
