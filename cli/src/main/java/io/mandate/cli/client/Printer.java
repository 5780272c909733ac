package io.mandate.cli.client;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import io.mandate.etcdapi.KeyValue;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Puts answers on the terminal: rows under headings, columns aligned. */
public final class Printer {
    private static final Gson JSON = new GsonBuilder().disableHtmlEscaping().create();

    private Printer() {}

    /** Prints rows under headings, each column as wide as its widest cell. */
    public static void table(PrintWriter out, List<String> headings, List<List<String>> rows) {
        List<List<String>> all = new ArrayList<>(rows);
        all.add(0, headings);
        int[] widths = new int[headings.size()];
        for (List<String> row : all) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (List<String> row : all) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(row.get(i));
                if (i < widths.length - 1) {
                    line.append(" ".repeat(widths[i] - row.get(i).length() + 2));
                }
            }
            out.println(line);
        }
        out.flush();
    }

    static void json(PrintWriter out, JsonObject object) {
        out.println(JSON.toJson(object));
        out.flush();
    }

    /**
     * Text as it is; what is not UTF-8 or has control characters as base64 behind a mark: it would break rows, or the
     * terminal.
     */
    static String text(ByteString bytes) {
        boolean printable = bytes.isValidUtf8() && bytes.toStringUtf8().chars().noneMatch(Character::isISOControl);
        return printable ? bytes.toStringUtf8() : "base64:" + base64(bytes);
    }

    /** A value for a pipe: text as it is, its line ends and tabs too; what is not UTF-8 as {@link #text} has it. */
    static String value(ByteString bytes) {
        return bytes.isValidUtf8() ? bytes.toStringUtf8() : text(bytes);
    }

    static JsonObject json(KeyValue kv) {
        JsonObject object = new JsonObject();
        putBytes(object, "key", kv.getKey());
        putBytes(object, "value", kv.getValue());
        object.addProperty("createRevision", kv.getCreateRevision());
        object.addProperty("modRevision", kv.getModRevision());
        object.addProperty("version", kv.getVersion());
        if (kv.getLease() != 0) {
            object.addProperty("lease", Long.toHexString(kv.getLease()));
        }
        return object;
    }

    private static void putBytes(JsonObject object, String name, ByteString bytes) {
        if (bytes.isValidUtf8()) {
            object.addProperty(name, bytes.toStringUtf8());
        } else {
            object.addProperty(name + "Base64", base64(bytes));
        }
    }

    private static String base64(ByteString bytes) {
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    static List<String> row(KeyValue kv) {
        return List.of(
                text(kv.getKey()),
                text(kv.getValue()),
                Long.toString(kv.getVersion()),
                Long.toString(kv.getModRevision()),
                Long.toString(kv.getCreateRevision()),
                kv.getLease() == 0 ? "-" : Long.toHexString(kv.getLease()));
    }

    static final List<String> KEY_HEADINGS = List.of("KEY", "VALUE", "VERSION", "MODIFIED", "CREATED", "LEASE");
}
