import ColumnStore
import Synchronization

/// The input's rows up to an error of their data, which is noted for whoever asks for them (`ScalarFunction.deferred`). Other errors are thrown.
///
/// As PostgreSQL, which computes a subquery when the first row asks: what no row asks for is no error. Here it has been computed by then.
final class DeferringOperator: PreparedOperator, @unchecked Sendable {
    private let number: Int
    /// False where the input has none: set by `prepare`.
    private var hasStreams = true
    /// The other streams need not go on.
    private let isOver = Atomic<Bool>(false)

    /// - Parameter number: what the error is noted under.
    init(_ input: PreparedOperator, number: Int) {
        self.number = number
        super.init(columns: input.columns, inputs: [input])
    }

    override var streamCountMax: Int { hasStreams ? inputs[0].streamCountMax : 1 }

    override func prepare(_ run: QueryRun) throws {
        do { try super.prepare(run) } catch {
            try note(error, run)
            hasStreams = false
        }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        guard hasStreams else { return EmptyStream() }
        do { return Stream(try inputs[0].stream(run, worker: worker), self, run) } catch {
            try note(error, run)
            return EmptyStream()
        }
    }

    /// - Throws: an error that ends the statement.
    private func note(_ error: any Error, _ run: QueryRun) throws {
        guard let known = error as? QueryError, known.isDeferrable, let errors = run.context.deferred else { throw error }
        errors.note(known, of: number)
        isOver.store(true, ordering: .relaxed)
    }

    private final class Stream: BatchStream {
        private var input: (any BatchStream)?
        private let owner: DeferringOperator
        private let run: QueryRun

        init(_ input: any BatchStream, _ owner: DeferringOperator, _ run: QueryRun) { (self.input, self.owner, self.run) = (input, owner, run) }

        func next() throws -> ColumnBatch? {
            if !owner.isOver.load(ordering: .relaxed), let input {
                do { return try input.next() } catch { try owner.note(error, run) }
            }
            input = nil
            return nil
        }
    }
}
