import ColumnStore
import Foundation
import Synchronization

// Decodes columns of a Parquet file to batches on request, so that another program can time it in turn with other readers.
//
//   till-columns FILE        then, on standard input, lines "workers column,column…" ("*" for all columns);
//                            each is answered by "milliseconds rows batches"

/// Hands out row groups to workers.
final class RowGroupQueue: Sendable {
    private let next = Mutex(0)
    private let rowGroups: [Int]

    init(_ rowGroups: [Int]) { self.rowGroups = rowGroups }

    func take() -> Int? {
        next.withLock { next in
            guard next < rowGroups.count else { return nil }
            next += 1
            return rowGroups[next - 1]
        }
    }
}

func decode(_ path: String, columns: [String], workers: Int) throws -> (rows: Int, batches: Int) {
    let file = try ParquetFile(try LocalFileBytes(path: path))
    let projection = columns == ["*"] ? nil : columns.map { ColumnPath(stringLiteral: $0) }
    let scan = try file.scan(ParquetScanRequest(projection: projection))
    let queue = RowGroupQueue(scan.rowGroups)
    let totals = Mutex((rows: 0, batches: 0, failure: (any Error)?.none))
    let work: @Sendable () -> Void = {
        var rows = 0
        var batches = 0
        do {
            while let rowGroup = queue.take() {
                let reader = try scan.reader(rowGroup: rowGroup)
                while let batch = try reader.next() {
                    rows += batch.rowCount
                    batches += 1
                }
            }
        } catch {
            totals.withLock { $0.failure = error }
        }
        totals.withLock {
            $0.rows += rows
            $0.batches += batches
        }
    }
    let threads = (1..<max(workers, 1)).map { _ in Thread(block: work) }
    let done = ThreadGroup(threads)
    done.start()
    work()
    done.wait()
    return try totals.withLock {
        if let failure = $0.failure { throw failure }
        return ($0.rows, $0.batches)
    }
}

/// Threads that are waited for.
struct ThreadGroup {
    let threads: [Thread]

    init(_ threads: [Thread]) { self.threads = threads }

    func start() { for thread in threads { thread.start() } }
    func wait() { for thread in threads { while !thread.isFinished { usleep(50) } } }
}

let arguments = CommandLine.arguments
guard arguments.count == 2 else {
    FileHandle.standardError.write(Data("usage: till-columns FILE\n".utf8))
    exit(2)
}
while let line = readLine() {
    let parts = line.split(separator: " ")
    guard parts.count == 2, let workers = Int(parts[0]) else { continue }
    let clock = ContinuousClock()
    let start = clock.now
    let (rows, batches) = try decode(arguments[1], columns: parts[1].split(separator: ",").map(String.init), workers: workers)
    let elapsed = clock.now - start
    let milliseconds = Double(elapsed.components.attoseconds) / 1e15 + Double(elapsed.components.seconds) * 1e3
    FileHandle.standardOutput.write(Data("\(milliseconds) \(rows) \(batches)\n".utf8))
}
