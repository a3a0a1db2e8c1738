import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The protocol of a worker, a line of JSON in and out (see pool.py), for a judge: a function from a program's code and
 * its known names (null: not known) to the answer without its id.
 */
final class Lines {
    /** Bytes: parsers and resolution recurse. */
    private static final long STACK = 64L << 20;

    private Lines() {}

    /**
     * Do a worker's work, on a thread with room to recurse; it is given the only way to standard output. A failure of
     * the worker itself ends the process, so that nothing waits for it.
     */
    static void work(Consumer<PrintStream> work) {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
        System.setOut(System.err);
        new Thread(null, () -> runToEnd(() -> work.accept(out)), "worker", STACK).start();
    }

    private static void runToEnd(Runnable work) {
        int code = 1;
        try {
            work.run();
            code = 0;
        } catch (Throwable failure) {
            failure.printStackTrace();
        } finally {
            System.exit(code);
        }
    }

    /** Answer until the input ends; where the judge throws, not even the program that did it (pool.py asks again). */
    static void answerAll(PrintStream out, BiFunction<String, Set<String>, Map<String, Object>> judge) {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII), 1 << 16);
        try {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                print(out, answer((Map<?, ?>) Json.parse(line), judge));
            }
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    private static Map<String, Object> answer(
            Map<?, ?> request, BiFunction<String, Set<String>, Map<String, Object>> judge) {
        List<?> names = (List<?>) request.get("known_names");
        Set<String> known = names == null ? null : names.stream().map(Object::toString).collect(Collectors.toSet());
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("id", request.get("id"));
        answer.putAll(judge.apply((String) request.get("code"), known));
        return answer;
    }

    static void print(PrintStream out, Object value) {
        StringBuilder text = new StringBuilder();
        Json.write(text, value);
        out.println(text);
        out.flush();
    }
}
