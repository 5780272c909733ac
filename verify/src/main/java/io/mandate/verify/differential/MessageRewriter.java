package io.mandate.verify.differential;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Applies a rule to every scalar of a message, at any depth. A message in which nothing changes is returned as it is.
 */
final class MessageRewriter {
    private final BiFunction<FieldDescriptor, Object, Object> rule;

    /** @param rule gives the new value of a field, or of one element of a repeated field, that is set */
    MessageRewriter(BiFunction<FieldDescriptor, Object, Object> rule) {
        this.rule = rule;
    }

    Message rewrite(Message message) {
        Message.Builder changed = null;
        for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
            Object value = entry.getValue();
            Object rewritten = value instanceof List<?> list
                    ? rewriteAll(entry.getKey(), list)
                    : rewriteOne(entry.getKey(), value);
            if (rewritten != value) {
                changed = changed == null ? message.toBuilder() : changed;
                changed.setField(entry.getKey(), rewritten);
            }
        }
        return changed == null ? message : changed.build();
    }

    private Object rewriteAll(FieldDescriptor field, List<?> values) {
        List<Object> rewritten = new ArrayList<>(values.size());
        boolean same = true;
        for (Object value : values) {
            Object replacement = rewriteOne(field, value);
            same &= replacement == value;
            rewritten.add(replacement);
        }
        return same ? values : rewritten;
    }

    private Object rewriteOne(FieldDescriptor field, Object value) {
        return value instanceof Message nested ? rewrite(nested) : rule.apply(field, value);
    }
}
