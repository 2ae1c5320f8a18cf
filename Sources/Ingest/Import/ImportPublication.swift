import ColumnStore
internal import Synchronization

/// Makes a batch part of the store: checks its identities, writes its files, commits them and shows them, all or nothing.
///
/// Until the catalog's transaction nothing leads to what was written: a crash before it leaves orphans, which the compactor removes.
///
/// Steps:
/// 1. The compactor holds still, and the writer's thread is taken: no sequence is given meanwhile, and no row comes.
/// 2. Rows that the store has already are found and dropped (`ImportLookup`).
/// 3. The days of each table are cut into parts. Each part gets its sequences, which go on from one part to the next, and a start of its tickets.
/// 4. Threads merge the runs' parts into cold files, which are durable and in no table yet.
/// 5. One Iceberg commit for each table, then one catalog transaction for all, with the highest sequence and ticket.
/// 6. Readers see it.
struct ImportPublication {
    let batch: ImportBatch
    let compactor: Compactor
    let workerCount: Int

    /// What became of the batch.
    struct Result: Sendable {
        var imported = 0
        var repeated = 0
        /// By ordinal: rows under whose identity the store has another document, with the mark of that one.
        var conflicts: [Int: ImportMark] = [:]
        var byteCount: Int64 = 0
    }

    /// Rows of some days of one table, written by one thread.
    private struct Part {
        let table: Int
        /// Day keys, both within.
        let first: UInt64
        let last: UInt64
        let firstSequence: Int64
    }

    /// - Throws: errors of files, of the storage and of the catalog. What was written is removed again, unless the catalog may have it (`Compactor.handingOver`).
    func run() throws -> Result {
        try compactor.exclusively {
            // Proof: the writer's thread uses the batch while this one waits for it.
            let work = Unshared(self)
            let result = Mutex(Result())
            try compactor.tier.writer.number { first, tickets in
                let made = try work.value.publish(first, tickets)
                result.withLock { $0 = made }
                return first + Int64(made.imported)
            }
            return result.withLock { $0 }
        }
    }

    /// Carries the batch to a thread while its owner waits.
    private struct Unshared: @unchecked Sendable {
        let value: ImportPublication
        init(_ value: ImportPublication) { self.value = value }
    }

    // A dropped row is neither counted in its day nor numbered: sequences are without gaps.
    private func publish(_ firstSequence: Int64, _ tickets: ULIDGenerator) throws -> Result {
        var lookup = ImportLookup(batch, in: compactor.tier.boundary.snapshot())
        try lookup.run()
        batch.forgetIdentities()
        var result = Result()
        var counts = batch.days.mapValues(\.rowCount)
        var dropped: Bitmap?
        if !lookup.found.isEmpty {
            var words = [UInt64](repeating: 0, count: (batch.rows.count + 63) / 64)
            for (ordinal, mark) in lookup.found {
                words[ordinal >> 6] |= 1 << UInt64(ordinal & 63)
                counts[batch.rows[ordinal].dayKey, default: 0] -= 1
                if mark == batch.rows[ordinal].document { result.repeated += 1 } else { result.conflicts[ordinal] = mark }
            }
            dropped = Bitmap(words: words, count: batch.rows.count)
        }
        result.imported = batch.rows.count - lookup.found.count
        guard result.imported > 0 else { return result }
        let now = compactor.clock.now()
        let parts = parts(counts, firstSequence)
        let starts = tickets.reserve(parts.count, milliseconds: now / 1_000)
        result.byteCount = try commit(parts, starts, dropped, now, lastSequence: firstSequence + Int64(result.imported) - 1)
        return result
    }

    /// Cuts each table's days into as many parts of about the same size as there are threads.
    ///
    /// A day is never cut, so that the files of one batch have no day in common.
    private func parts(_ counts: [UInt64: Int], _ firstSequence: Int64) -> [Part] {
        var parts: [Part] = []
        var sequence = firstSequence
        for table in batch.tables.indices {
            let days = counts.keys.filter { ImportOrder.table(ofDayKey: $0) == table && counts[$0, default: 0] > 0 }.sorted()
            let total = days.reduce(0) { $0 + (batch.days[$1]?.byteCount ?? 0) }
            var (start, passed) = (0, 0)
            var rowCount = 0
            for (index, day) in days.enumerated() {
                let byteCount = batch.days[day]?.byteCount ?? 0
                // The share that is full, or would be fuller than the next is empty.
                let share = total / workerCount * (parts.count { $0.table == table } + 1)
                if index > start, passed + byteCount / 2 > share {
                    parts.append(Part(table: table, first: days[start], last: days[index - 1], firstSequence: sequence))
                    sequence += Int64(rowCount)
                    (start, rowCount) = (index, 0)
                }
                passed += byteCount
                rowCount += counts[day, default: 0]
            }
            if start < days.count, let last = days.last {
                parts.append(Part(table: table, first: days[start], last: last, firstSequence: sequence))
                sequence += Int64(rowCount)
            }
        }
        return parts
    }

    // MARK: Writing

    /// What the parts' threads have made. By table.
    private struct Written {
        var outputs: [Int: [ColdFileWriter.Output]] = [:]
        /// By the batch's number of the client.
        var usage: [Int: UsageFigures] = [:]
        var lastTicket = ULID(high: 0, low: 0)
        var failure: (any Error)?
    }

    /// - Returns: the bytes of the files.
    private func commit(
        _ parts: [Part], _ starts: [ULID], _ dropped: Bitmap?, _ now: Int64, lastSequence: Int64
    ) throws -> Int64 {
        let present = compactor.tier.boundary.snapshot().cold
        var tables: [Int: ColdTable] = [:]
        var created: [Int: [WrittenObject]] = [:]
        var written = Written()
        var next: [String: ColdTable] = [:]
        var switches: [Catalog.ColdSwitch] = []
        var rolled = Compactor.Rolled()
        func takeBack() {
            compactor.takeBack(rolled.made)
            let unnamed = written.outputs.compactMap { table, outputs in tables[table].map { (table: $0.iceberg, files: outputs) } }
            compactor.cold.clear(unnamed) { try compactor.cold.takeBack(Array(tables.values), present) }
        }
        do {
            for table in Set(parts.map(\.table)).sorted() {
                let name = batch.tables[table]
                tables[table] = try compactor.cold.prepare(
                    name, present: present[name], columns: compactor.tier.tables.columns(of: name), &created[table, default: []])
            }
            written = write(parts, starts, tables, dropped, now)
            if let failure = written.failure { throw failure }
            for (table, cold) in tables.sorted(by: { $0.key < $1.key }) {
                let outputs = written.outputs[table] ?? []
                let commit = try cold.iceberg.append(outputs.map(\.file), summary: ["till.import": "true"])
                next[cold.name] = cold.next(commit.table)
                switches.append(try Compactor.change(cold.name, commit, outputs, created: created[table] ?? [], replaced: []))
                rolled = rolled + (try compactor.rolled(cold.next(commit.table), added: outputs.map(\.file), removed: []))
            }
        } catch {
            takeBack()
            throw error
        }
        // Rows that were never hot are counted here.
        let day = Clock.day(ofMicroseconds: now)
        let used = written.usage.map { client, figures in
            (UsageKey(client: ClientID(String(decoding: batch.clients[client], as: UTF8.self)), day: day), figures)
        }
        let usage = Dictionary(used) { one, other in
            var sum = one
            sum.add(other)
            return sum
        }
        // Should this fail, all is taken back only where the catalog is certain that nothing has changed; else the next start sees by it whether it happened.
        try compactor.handingOver {
            try compactor.catalog.switchToCold(switches + rolled.switches, last: (lastSequence, written.lastTicket), rollups: rolled.changes) { try Catalog.add(usage, $0) }
        } orTakingBack: { takeBack() }
        compactor.tier.publish(cold: next, sequence: lastSequence, rollups: rolled.states)
        let byteCount = written.outputs.values.reduce(0) { $0 + $1.reduce(0) { $0 + $1.byteCount } }
        compactor.writtenBytes.wrappingAdd(Int(byteCount), ordering: .relaxed)
        return byteCount
    }

    private func write(
        _ parts: [Part], _ starts: [ULID], _ tables: [Int: ColdTable], _ dropped: Bitmap?, _ now: Int64
    ) -> Written {
        let written = Mutex(Written())
        let nextPart = Atomic<Int>(0)
        let shared = Unshared(self)
        let common = Common(
            columns: ImportColumns.Shared(kinds: batch.kinds, clients: batch.clients, now: now), ranks: batch.clientRanks(), dropped: dropped,
            workerCount: parts.count < workerCount ? workerCount : 1)
        // Parts are taken by number: a thread whose part was small takes the next.
        let threads = (0..<min(workerCount, parts.count)).map { _ in
            WorkerThread(name: "import-writer") {
                while case let index = nextPart.wrappingAdd(1, ordering: .relaxed).oldValue, index < parts.count {
                    let part = parts[index]
                    guard let cold = tables[part.table], written.withLock({ $0.failure == nil }) else { return }
                    do {
                        let (outputs, usage, ticket) = try shared.value.write(part, cold, from: starts[index], common)
                        written.withLock { written in
                            written.outputs[part.table, default: []] += outputs
                            for (client, figures) in usage { written.usage[client, default: UsageFigures()].add(figures) }
                            written.lastTicket = max(written.lastTicket, ticket)
                        }
                    } catch {
                        written.withLock { $0.failure = $0.failure ?? error }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        return written.withLock { $0 }
    }

    /// Proof: immutable.
    private struct Common: @unchecked Sendable {
        let columns: ImportColumns.Shared
        let ranks: [UInt32]
        let dropped: Bitmap?
        /// Threads that encode one file.
        let workerCount: Int
    }

    private func write(
        _ part: Part, _ cold: ColdTable, from ticket: ULID, _ common: Common
    ) throws -> ([ColdFileWriter.Output], usage: [Int: UsageFigures], ULID) {
        guard let spill = batch.spill else { return ([], [:], ticket) }
        let cursors = batch.runs.map { ImportCursor(spill, $0.part(part.first, through: part.last)) }
        let merge = try ImportMerge(cursors, tables: batch.tableOfKind, ranks: common.ranks, isDropped: common.dropped)
        var columns = ImportColumns(schema: cold.iceberg.schema, shared: common.columns, firstSequence: part.firstSequence)
        var tickets = ULIDSteps(from: ticket)
        let writer = try ColdFileWriter(
            table: cold.iceberg, bloomPaths: compactor.types.bloomPaths(of: cold.name), names: compactor.names, now: common.columns.now,
            effort: .quick, workerCount: common.workerCount)
        var usage: [Int: UsageFigures] = [:]
        do {
            while let record = try merge.next() {
                usage[record.client, default: UsageFigures()].receipts += 1
                usage[record.client, default: UsageFigures()].bytes += Int64(record.document.count)
                try columns.append(record, ticket: tickets.next())
                if columns.isFull { try writer.append(try columns.batch()) }
            }
            if columns.rowCount > 0 { try writer.append(try columns.batch()) }
            return (try writer.finish(), usage, tickets.last)
        } catch {
            writer.abandon()
            throw error
        }
    }
}
