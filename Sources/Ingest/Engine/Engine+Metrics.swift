import ColumnStore
package import Documents
import Glibc
internal import Processes
import Synchronization

/// Figures for /metrics: of the writer, the tiers, compaction and the queues.
extension Engine: StoreLife {
    /// Read without stopping anybody: each figure is of its own moment.
    ///
    /// - Complexity: O(files + tables + rollups), and a look at partial indexes of each hot file.
    package func metrics() -> [Metric] {
        let snapshot = tier.boundary.snapshot()
        return writerMetrics(snapshot) + keepingMetrics() + hotMetrics(snapshot) + coldMetrics(snapshot) + rollupMetrics(snapshot) + compactionMetrics() + stepMetrics(snapshot)
            + PlaceFigures.metrics(ofWarehouse: directory.storages) + (log?.metrics ?? [])
            + (registration.withLock { $0 }?.metrics() ?? []) + executions.metrics() + queueStore.metrics(now: options.hot.clock.now()) + topicStore.metrics()
    }

    /// Why no document is taken just now; empty while all are.
    ///
    /// For health answers and the watch over figures; a submission itself is refused by the writer. At most one: a writer that has failed, else
    /// answers that wait in vain, else too little room. A disk whose free bytes are unknown counts as having enough.
    package var intakeRefusals: [Fault] {
        if let failure = tier.writer.failure { return [failure] }
        if let log, let refusal = changeRefusal {
            // What a pair waits for its node says itself.
            let reason = log.keepsReads || log.texts.isEmpty ? refusal.detail : log.texts.joined(separator: "; ")
            return [Fault(refusal.code, reason)]
        }
        let least = options.hot.writer.minFreeBytes
        if let free = DataDirectory.freeBytes(directory.path), free < least {
            return [Fault(.diskFull, "\(free >> 20) MiB are free on the disk, and limits.min_free is \(least >> 20) MiB: receipts are refused until there is more")]
        }
        return []
    }

    var room: DiskRoom { DiskRoom(path: directory.path, leastBytes: options.hot.writer.minFreeBytes) }

    private func gauge(_ name: String, _ help: String, _ value: Double, _ labels: [(name: String, value: String)] = []) -> Metric {
        Metric(name: name, help: help, kind: .gauge, labels: labels, value: value)
    }

    private func counter(_ name: String, _ help: String, _ value: Int, _ labels: [(name: String, value: String)] = []) -> Metric {
        Metric(name: name, help: help, kind: .counter, labels: labels, value: Double(value))
    }

    /// Counters of the writer are read without its lock: two of them may be a commit apart.
    private func writerMetrics(_ snapshot: TierBoundary.Snapshot) -> [Metric] {
        let statistics = tier.writer.statistics
        let seconds = Double(statistics.commitNanoseconds.load(ordering: .relaxed)) / 1e9
        return [
            gauge("sequence", "The last sequence that was given out.", Double(snapshot.sequence)),
            counter("receipts_stored_total", "Receipts made durable since the start.", statistics.rows.load(ordering: .relaxed)),
            counter("commits_total", "Groups committed since the start.", statistics.groups.load(ordering: .relaxed)),
            Metric(name: "commit_seconds_total", help: "Time spent in commits since the start.", kind: .counter, value: seconds),
            counter(
                "receipts_refused_overload_total", "Submissions refused because the writer's queue was full.",
                statistics.rejected.load(ordering: .relaxed)),
            gauge("write_queue_rows", "Receipts waiting for the writer.", Double(tier.writer.queuedRowCount)),
            gauge("hot_rows_unflushed", "Receipts whose columns are in memory only, as back-pressure counts them.", Double(statistics.unflushedRows)),
            gauge("hot_bytes_unflushed", "Bytes of those columns, as back-pressure counts them.", Double(statistics.unflushedBytes)),
        ]
            + durations("commits_by_duration_total", "Commits that took up to `up_to` seconds.", statistics.commits)
            + durations("writer_jobs_by_duration_total", "What the writer's thread did between commits, by how long: up to `up_to` seconds.", statistics.jobs)
    }

    /// As a histogram: the count up to each bound.
    private func durations(_ name: String, _ help: String, _ counts: DurationCounts) -> [Metric] {
        counts.cumulative.map { counter(name, help, $0.count, [(name: "up_to", value: $0.bound)]) }
    }

    /// The files are those of the snapshot; their sizes and the room beside them are asked of the file system.
    private func hotMetrics(_ snapshot: TierBoundary.Snapshot) -> [Metric] {
        let files = snapshot.files
        // With their logs: what is committed lies there until a checkpoint.
        let byteCount = files.reduce(0) { $0 + Self.byteCount($1.path) + Self.byteCount($1.path + "-wal") }
        let today = Clock.day(ofMicroseconds: options.hot.clock.now())
        // Files move as a whole, by their day.
        let ages = HotFileAges(files, today: today)
        let due = options.compaction.keepsHot ? [] : files.filter { ages.day(of: $0) < today - options.compaction.hotDays }
        let metrics = [
            gauge("hot_files", "Hot files.", Double(files.count)),
            gauge("hot_dates", "Days, in UTC, of which hot files hold what came.", Double(Set(files.map(\.day)).count)),
            gauge("compaction_due_files", "Hot files whose time to move to cold has come.", Double(due.count)),
            gauge("compaction_due_rows", "Receipts in them.", Double(due.reduce(0) { $0 + Int($1.state.rowCount) })),
            gauge("hot_rows", "Receipts in hot files.", Double(files.reduce(0) { $0 + Int($1.state.rowCount) })),
            gauge(
                "hot_rows_in_memory", "Receipts whose columns are in memory only.",
                Double(files.reduce(0) { $0 + $1.allTails.reduce(0) { $0 + $1.rowCountInMemory } })),
            gauge("hot_rows_damaged", "Receipts in hot files whose documents were found damaged at the start.", Double(files.reduce(0) { $0 + $1.damage.count })),
            gauge("hot_bytes", "Bytes of hot files.", Double(byteCount)),
            gauge("hot_oldest_seconds", "Whole days since that of the oldest hot file, in seconds.", Double(files.map { Int(today) - Int($0.day) }.max() ?? 0) * 86_400),
        ]
        return metrics + room.metrics
    }

    /// 0 for a file that is not there (any more).
    private static func byteCount(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Of what is kept beside receipts, and of the last backup. A figure that cannot be had is left out.
    private func keepingMetrics() -> [Metric] {
        var metrics = [gauge("quarantine_max_bytes", "Bytes of refused documents that are kept at most.", Double(options.quarantine.byteCountMax))]
        if let counts = try? quarantine.counts() {
            metrics.append(gauge("quarantine_entries", "Refused documents that are kept.", Double(counts.entries)))
            metrics.append(gauge("quarantine_bytes", "Bytes of refused documents that are kept.", Double(counts.bytes)))
        }
        if let at = try? catalog.bytes(Self.backupAt) {
            let seconds = at.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            metrics.append(gauge("backup_last_success_seconds", "When the last backup ended well, in seconds since 1970.", Double(seconds)))
            metrics.append(gauge("backup_age_seconds", "Time since the last backup ended well.", max(0, Double(options.hot.clock.now()) / 1e6 - Double(seconds))))
        }
        return metrics
    }

    /// In the catalog: big-endian, in seconds since 1970.
    static let backupAt = "backup_at"

    /// After a backup that ended well.
    func noteBackup() throws {
        let seconds = UInt64(max(0, options.hot.clock.now() / 1_000_000))
        try catalog.set(Self.backupAt, withUnsafeBytes(of: seconds.bigEndian) { Array($0) })
    }

    /// By table, in the order of their names; a table whose manifests cannot be read is left out.
    private func coldMetrics(_ snapshot: TierBoundary.Snapshot) -> [Metric] {
        // A figure that cannot be had is left out; it is no reason to have none of the others.
        let byteCounts = (try? catalog.coldByteCounts()) ?? [:]
        var metrics: [Metric] = []
        let damaged = "Files that were found damaged, and are passed by when files move and merge."
        metrics.append(gauge("damaged_files", damaged, Double(compactor.hotDamageTexts.count), [(name: "tier", value: "hot")]))
        metrics.append(gauge("damaged_files", damaged, Double(compactor.cold.damage.all.count), [(name: "tier", value: "cold")]))
        for (table, cold) in snapshot.cold.sorted(by: { $0.key < $1.key }) {
            guard let counts = try? cold.iceberg.counts() else { continue }
            let labels = [(name: "table", value: table)]
            metrics.append(gauge("cold_rows", "Receipts in cold files.", Double(counts.rowCount), labels))
            metrics.append(gauge("cold_files", "Cold data files.", Double(counts.fileCount), labels))
            metrics.append(gauge("cold_bytes", "Bytes of cold data files in use.", Double(byteCounts[table] ?? 0), labels))
        }
        return metrics
    }

    /// By rollup, in the order of their names; files in three states that add up to all of the rolled table.
    private func rollupMetrics(_ snapshot: TierBoundary.Snapshot) -> [Metric] {
        let byteCounts = (try? catalog.coldByteCounts()) ?? [:]
        let files = "Cold files of a rollup's table: covered by sums, waiting for them, or left out for good (their rows are read)."
        return snapshot.rollups.sorted { $0.key < $1.key }.flatMap { name, state in
            // Where no sums are made, those that are not there are not waited for.
            let waiting = compactor.options.makesSums ? state.waiting.count : 0
            let counts = [("covered", state.coveredCount), ("waiting", waiting), ("left_out", state.fileCount - state.coveredCount - waiting)]
            let label = (name: "rollup", value: name)
            return counts.map { gauge("rollup_files", files, Double($0.1), [label, (name: "state", value: $0.0)]) } + [
                gauge("rollup_rows", "Rows of a rollup's sums.", Double(state.partRowCount), [label]),
                gauge("rollup_bytes", "Bytes of a rollup's files of sums in use.", Double(state.byteCount(byteCounts)), [label]),
            ]
        }
    }

    private func compactionMetrics() -> [Metric] {
        let figures = compactor.figures
        // What merges wrote is among what was written: moves are the rest.
        let written = compactor.writtenBytes.load(ordering: .relaxed)
        let merged = compactor.mergedBytes.load(ordering: .relaxed)
        let runs = "Compactions, by themselves and on request."
        let bytes = "Bytes of cold files written, by what for."
        let merges = "Receipts that merges wrote: compressed anew, or copied with their row group as it was."
        return [
            counter("compaction_runs_total", runs, figures.doneCount, [(name: "result", value: "done")]),
            counter("compaction_runs_total", runs, figures.failedCount, [(name: "result", value: "failed")]),
            Metric(name: "compaction_seconds_total", help: "Time spent in compactions.", kind: .counter, value: figures.seconds),
            gauge("compaction_failing", "1 when the last compaction failed.", figures.isFailing ? 1 : 0),
            gauge("compaction_last_success_seconds", "When the last compaction ended well, in seconds since 1970; 0 for none since the start.", figures.lastSuccess),
            counter("compaction_rows_moved_total", "Receipts moved to cold.", compactor.movedRows.load(ordering: .relaxed)),
            counter(
                "compaction_rows_merged_total", merges, compactor.encodedRows.load(ordering: .relaxed), [(name: "how", value: "compressed")]),
            counter("compaction_rows_merged_total", merges, compactor.copiedRows.load(ordering: .relaxed), [(name: "how", value: "copied")]),
            counter("compaction_written_bytes_total", bytes, written - merged, [(name: "kind", value: "move")]),
            counter("compaction_written_bytes_total", bytes, merged, [(name: "kind", value: "merge")]),
        ]
    }

    /// As the hot files have them on disk, by their partial indexes.
    private func stepMetrics(_ snapshot: TierBoundary.Snapshot) -> [Metric] {
        var dead: (steps: Int64, events: Int64) = (0, 0)
        var open: [HotFile.OpenSteps: Int64] = [:]
        for file in snapshot.files {
            // As above: a figure less, not an error.
            guard let counts = try? file.deadCounts(), let own = try? file.openStepCounts() else { continue }
            dead = (dead.steps + counts.steps, dead.events + counts.events)
            open.merge(own, uniquingKeysWith: +)
        }
        // As above.
        dead.events += (try? catalog.deadNoticeCount()) ?? 0
        let help = "Steps and webhook events that were given up and can be redriven."
        var metrics = [
            gauge("dead_letters", help, Double(dead.steps), [(name: "kind", value: "step")]),
            gauge("dead_letters", help, Double(dead.events), [(name: "kind", value: "webhook")]),
        ]
        // Every registrar that is configured has figures, at 0 too: a series that begins with its first step hides that it was none before.
        for name in Set(options.registration.registrars.keys).union(open.keys.map(\.name)).sorted() {
            for state in [StepState.pending, .sent, .inProgress] {
                let labels = [(name: "name", value: name), (name: "state", value: state.text)]
                let count = open[HotFile.OpenSteps(name: name, state: state.rawValue)] ?? 0
                metrics.append(gauge("steps", "Steps that are not finished, on disk, by registrar and state.", Double(count), labels))
            }
        }
        metrics.append(
            gauge("registrars_missing", "Registrars that types or receipts name and the configuration does not have.", Double(missingRegistrars.count)))
        return metrics
    }
}
