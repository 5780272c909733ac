package io.mandate.verify.differential;

import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Steps in order, each made when its turn comes, from what the answers so far have taught. */
final class Script {
    private final List<Function<Model, Step>> steps = new ArrayList<>();

    List<Function<Model, Step>> steps() {
        return steps;
    }

    Script step(Step step) {
        steps.add(model -> step);
        return this;
    }

    Script step(Function<Model, Step> step) {
        steps.add(step);
        return this;
    }

    Script call(UnaryCall call, Message request) {
        return step(new Step.Call(call, request));
    }

    Script call(UnaryCall call, Message.Builder request) {
        return call(call, request.build());
    }

    Script call(UnaryCall call, Function<Model, Message.Builder> request) {
        return step(model -> new Step.Call(call, request.apply(model).build()));
    }

    Script sync() {
        return step(new Step.WatchSync());
    }
}
