import ColumnStore
import Documents
import Synchronization

/// Cold files that were found damaged, and hot files that cannot leave for that reason.
extension Compactor {
    /// Looks at each cold file that was found damaged: whether it was put back as it was, which documents would make it whole, and whether those
    /// were sent. A failure of one keeps nobody from the others.
    ///
    /// Called with every compaction, and as soon as damage is found or the last missing document has come.
    ///
    /// - Throws: `DayCompactor.Cancelled`; what keeps old snapshots from ending.
    func mend() throws {
        for entry in cold.damage.all {
            if isEnding { throw DayCompactor.Cancelled() }
            do { if try mend(entry) { mended.withLock { _ = $0.insert(entry.damaged.table) } } } catch let cancelled as DayCompactor.Cancelled { throw cancelled } catch let obstacle as ColdMend.Obstacle {
                note(obstacle, entry)
            } catch {
                StoreLog.note("could not mend a damaged cold file", path: entry.damaged.location, reason: StoreLog.text(error), level: .warning)
            }
        }
        // Every earlier snapshot has the damaged file: none of them is of use to anybody, once whoever reads it is done.
        try tidyEach(mended.withLock { $0 }.sorted()) { name in
            guard try showMended(name) else { return }
            try expire(name, before: .max)
            if tier.boundary.snapshot().cold[name]?.iceberg.metadata.snapshots.count == 1 { mended.withLock { _ = $0.remove(name) } }
        }
    }

    /// What outside engines see of a versioned table lists its files by itself: it must do without the damaged one before that goes.
    ///
    /// Swept before, since the view has a file's rows whole, and a document in it once.
    ///
    /// - Returns: false where it could not be shown: earlier snapshots stay until it can.
    func showMended(_ name: String) throws -> Bool {
        guard TableName.kind(of: name).publishesNewest else { return true }
        if tier.boundary.snapshot().unreadVersions[name] != nil { return false }
        do {
            try sweep(name)
            guard let table = tier.boundary.snapshot().cold[name] else { return true }
            return try publishNewest(of: table, before: .max)
        } catch let cancelled as DayCompactor.Cancelled { throw cancelled } catch {
            StoreLog.note("earlier snapshots of a table that was mended stay", path: name, reason: StoreLog.text(error), level: .warning)
            return false
        }
    }

    private func note(_ obstacle: ColdMend.Obstacle, _ entry: ColdDamage.Entry) {
        guard entry.obstacle != obstacle.reason else { return }
        cold.damage.change(entry.damaged.location) { $0.obstacle = obstacle.reason }
        StoreLog.note(
            "a damaged cold file must be put back from a backup", path: entry.damaged.location,
            reason: "documents that are sent again do not make it whole: \(obstacle.reason)", level: .warning)
    }

    /// In this order: write the damage down; sums are simply made again; the file may be of no version any more, or whole again; else it is
    /// surveyed, and written anew once nothing is missing.
    ///
    /// - Returns: whether the file was written anew.
    private func mend(_ entry: ColdDamage.Entry) throws -> Bool {
        let damaged = entry.damaged
        if !entry.isKept {
            try catalog.note(damaged)
            cold.damage.change(damaged.location) { $0.isKept = true }
        }
        if try dropDamagedSums(damaged) {
            try forget(damaged, "its sums are made again from rows")
            return false
        }
        // Manifests are files too: where they cannot be read nothing can be said of the others.
        guard let present = tier.boundary.snapshot().cold[damaged.table], let files = try? present.iceberg.files(), (try? present.counts()) != nil else { return false }
        guard let file = files.first(where: { $0.location == damaged.location }) else {
            try forget(damaged, "no version of the table needs it any more, or it can be read again")
            return false
        }
        // It may have been put back since: neither what is cached of it is right then, nor are documents wanted.
        present.letGo(of: file.location)
        if try isAsWritten(file, of: present) {
            try forget(damaged, "it has the hash that it was written with")
            return false
        }
        let brought = try catalog.broughtSequences(of: damaged.table)
        // Surveyed before: what is missing is known, and has not come.
        if let missing = entry.missing, !missing.isSubset(of: brought) { return false }
        let mend = try ColdMend(file, of: present)
        let groups = try mend.survey { [self] in isEnding }
        let wanted = Set(groups.flatMap { Array($0.missing) })
        let missing = wanted.subtracting(brought)
        cold.damage.change(damaged.location) { $0.missing = missing }
        guard missing.isEmpty else {
            // Sent again, the document of an earlier version is a new one.
            let superseded = tier.boundary.snapshot().superseded[damaged.table]
            let isPast = present.isPast(file)
            let pastCount = missing.filter { isPast || superseded?[$0]?.by ?? 0 != 0 }.count
            var (what, remedy) = pastCount == 0
                ? ("a damaged cold file can be made whole", "once their documents were sent again it is written anew")
                : ("a damaged cold file must be put back from a backup", "\(pastCount) of them are earlier versions, which nobody can send again")
            if tier.boundary.snapshot().unreadVersions[damaged.table] != nil {
                (what, remedy) = ("a damaged cold file must be put back from a backup", "not all versions of its table can be read, so its documents are refused, those sent again, too")
            }
            StoreLog.note(what, path: damaged.location, reason: "\(missing.count) of its receipts are damaged: \(remedy)", level: .warning)
            return false
        }
        try rewrite(file, of: present, mend, groups)
        try forget(damaged, "it was written anew: \(wanted.count) of its receipts from documents that were sent again", brought: wanted)
        return true
    }

    private func forget(_ damaged: DamagedColdFile, _ reason: String, brought: Set<Int64> = []) throws {
        try catalog.forget(damaged, brought: brought)
        cold.damage.remove(damaged.location)
        StoreLog.note("a cold file is damaged no more", path: damaged.location, reason: reason)
    }

    /// Held against the catalog's hash of it, which is of the whole file.
    private func isAsWritten(_ file: DataFile, of present: ColdTable) throws -> Bool {
        let storage = present.iceberg.storage
        guard let key = storage.key(ofLocation: file.location), let known = try catalog.coldHashes(of: present.name)[key],
            let digest = try ColdTable.unlessDamaged({ try storage.digest(of: key) })
        else { return false }
        return digest == (known.byteCount, known.sha256)
    }

    private func rewrite(_ file: DataFile, of present: ColdTable, _ mend: ColdMend, _ groups: [ColdMend.RowGroup]) throws {
        let writer = try ColdFileWriter(
            table: present.iceberg, bloomPaths: types.bloomPaths(of: present.name), names: names, now: clock.now(), effort: .quick,
            rowGroupRowCount: options.rowGroupRowCount)
        let outputs = try mend.write(groups, to: writer, { [catalog] in try catalog.brought($0, of: present.name) }) { [self] in isEnding }
        try replace(file, of: present, with: outputs)
    }

    /// Publishes files in the place of one: the table's new version, and what else is to happen with it.
    ///
    /// - Parameters:
    ///   - created: what was written to prepare the table and no catalog knows.
    ///   - along: goes into the same catalog transaction.
    /// - Throws: where the commit of the table fails, or the catalog's; `outputs` are removed then, unless a version may lead to them (`ColdTier.clear`).
    func replace(
        _ file: DataFile, of present: ColdTable, with outputs: [ColdFileWriter.Output], created: [WrittenObject] = [],
        along: @escaping @Sendable (SQLiteConnection) throws -> Void = { _ in }
    ) throws {
        try publish(try commit(outputs, inPlaceOf: [file], of: present, created: created), outputs, of: present, along: along)
        present.cache.remove([file.location])
    }

    /// For files that take the place of one: compressed as that was.
    func writer(like file: DataFile, of present: ColdTable) throws -> ColdFileWriter {
        let parquet = try present.open(file)
        let effort = [ColdFileWriter.Effort.thorough, .brief].first { $0.made(parquet) } ?? .quick
        return try ColdFileWriter(
            table: present.iceberg, bloomPaths: types.bloomPaths(of: present.name), names: names, now: clock.now(), effort: effort,
            rowGroupRowCount: options.rowGroupRowCount)
    }

    // MARK: Hot files

    /// Lays groups down again whose images were found damaged: what they say stands in rows and documents, too. What cannot be restored so stays damaged,
    /// and is reported. Then what rebuilds had filled is filled again wherever that is owed.
    func mendImages() {
        for file in tier.boundary.snapshot().files where !file.damagedGroupIDs.isEmpty && !file.state.isLeaving {
            for tail in file.allTails {
                for group in tail.groups where file.damagedGroupIDs.contains(group.id) {
                    do {
                        try layDownAgain(group, of: tail, in: file)
                        leftHot.withLock { _ = $0.removeValue(forKey: file.name) }
                        StoreLog.note("laid damaged columns down again", path: file.path, reason: "group \(group.id): from \(group.bounds.rowCount) rows and their documents")
                    } catch {
                        let reason = "group \(group.id): \(error)"
                        // It is tried with each compaction, and told once.
                        let isNew = unmended.withLock { $0.updateValue(reason, forKey: HotImage.name(group, path: file.path)) != reason }
                        if isNew { StoreLog.note("damaged columns cannot be laid down again", path: file.path, reason: reason, level: .warning) }
                    }
                }
            }
        }
        for file in tier.boundary.snapshot().files where file.isRebuilt && !file.state.isLeaving {
            healed(file)
            guard (try? file.owesRefill) == false else { continue }
            leftHot.withLock { if $0[file.name]?.passing == .unfilled { $0[file.name] = nil } }
        }
    }

    /// Columns that were laid down again lack what a rebuild had filled in them: in cold it would be lost.
    struct UnfilledColumns: Error, CustomStringConvertible {
        var description: String { "columns that were laid down again are not filled yet as a rebuild had filled them: the log says why" }
    }

    /// Whether a hot file has all that rebuilds have filled. One that has not stays hot until the next compaction.
    func isFilled(_ file: HotFile) throws -> Bool {
        do {
            guard try file.owesRefill else { return true }
            throw UnfilledColumns()
        } catch {
            guard setAside(file, error) else { throw error }
            return false
        }
    }

    private func layDownAgain(_ group: HotGroup, of tail: ColumnTail, in file: HotFile) throws {
        let chunks = try HotFileLoader.chunks(of: group, table: tail.table, file: file)
        // Those of the group are of the rows that it was made of.
        var bounds = HotBounds()
        for chunk in chunks { bounds.add(chunk.bounds) }
        let image = try HotFlusher.image(chunks, StateOverlay())
        try HotFlusher(writer: tier.writer).replace(group, of: tail, with: image, bounds: bounds, columns: group.typeColumns, isFilled: false, in: file)
        file.forgetDamaged(group.id)
        unmended.withLock { _ = $0.removeValue(forKey: HotImage.name(group, path: file.path)) }
    }

    /// Lays doubted columns down again, of a file whose pages have just been found to have their sums. That they still had them then is found when it is proved once more.
    ///
    /// - Parameter last: the last group that is not doubted.
    /// - Throws: `DoubtedColumns`, where some cannot be: the doubt stays. `DayCompactor.Cancelled`.
    func settleDoubt(of file: HotFile, after last: Int64) throws {
        // What could not be laid down is still in memory, and says so below.
        try? tier.flush()
        guard file.allTails.allSatisfy({ $0.rowCountInMemory == 0 }) else { throw DoubtedColumns(reason: "not all rows are laid down in columns") }
        var (count, place) = (0, "")
        do {
            // Those that were laid down by a rebuild have lost what it filled.
            defer { if count > 0 { healed(file) } }
            for tail in file.allTails {
                for group in tail.groups where group.id > last {
                    if isEnding { throw DayCompactor.Cancelled() }
                    place = "group \(group.id): "
                    try layDownAgain(group, of: tail, in: file)
                    count += 1
                }
            }
        } catch let cancelled as DayCompactor.Cancelled { throw cancelled } catch {
            throw DoubtedColumns(reason: "\(place)\(error)", row: (error as? DamagedDocument)?.row)
        }
        do {
            // In memory, with what stood beside their documents at the start.
            if !file.marks.repaired.ids.isEmpty { try file.reloadRepairs() }
            try tier.writer.perform(on: file) { writer in try writer.perform { try HotFile.dropDoubt($0) } }
        } catch {
            throw DoubtedColumns(reason: "\(error)")
        }
        file.trust()
        StoreLog.note("laid the doubted columns of a hot file down again", path: file.path, reason: "\(count) group\(count == 1 ? "" : "s"): all its pages have their sums again")
    }

    /// Columns that may have been made of wrong rows, and cannot be laid down anew: their file stays hot, though its pages have their sums.
    struct DoubtedColumns: Error, CustomStringConvertible {
        let reason: String
        /// Whose document is damaged.
        var row: Int64?

        var description: String { "columns may have been made of pages that did not have their sums, and cannot be laid down again: \(reason)" }
    }

    /// Why a hot file stays hot that is due.
    struct HotFault: Sendable {
        let reason: String
        /// Whose document is damaged; nil where the fault is another.
        let row: Int64?
        var passing: Passing?

        /// What proves nothing of what is in the file, and may be over by the next compaction.
        enum Passing { case unread, unhealed, unfilled }
    }

    /// Whether the file could not be moved when that was last tried, and its receipt was not made whole since.
    ///
    /// A fault without a row is tried again by request alone, unless it may pass.
    func isLeft(_ file: HotFile) -> Bool {
        guard let fault = leftHot.withLock({ $0[file.name] }) else { return false }
        return fault.row.map { !file.marks.repaired.contains($0) } ?? (fault.passing == nil)
    }

    /// Hot files that stay hot, since something of them is damaged. For the operator.
    var hotDamageTexts: [String] {
        tier.boundary.snapshot().files.compactMap { file in
            let count = file.damage.count
            if count > 0 { return "\(count) receipt\(count == 1 ? "" : "s") of the hot file \(file.name) \(count == 1 ? "has a damaged document" : "have damaged documents"): the log names them" }
            let imageCount = file.damagedImageCount
            if imageCount > 0 { return "\(imageCount) group\(imageCount == 1 ? "" : "s") of columns in the hot file \(file.name) \(imageCount == 1 ? "is" : "are") damaged: the log names what" }
            return switch leftHot.withLock({ $0[file.name]?.passing }) {
            case .unread?: "a part of the hot file \(file.name) could not be read: it stays hot until it can, and the log names what"
            case .unhealed?: "pages of the hot file \(file.name) could not be put right yet: it stays hot until they are, and the log says why"
            case .unfilled?: "columns of the hot file \(file.name) that were laid down again are not filled yet as they were: it stays hot until they are, and the log says why"
            case nil: isLeft(file) ? "the hot file \(file.name) is damaged, and stays hot: the log and till verify name what" : nil
            }
        }
    }

    /// A file that cannot be moved, since something of it is damaged, stays where it is: others go on. What may pass is tried again by each compaction.
    ///
    /// - Returns: false for an error that is about something else.
    func setAside(_ file: HotFile, _ error: any Error) -> Bool {
        let fault: HotFault
        switch error {
        case let damaged as DamagedDocument: fault = HotFault(reason: "\(damaged)", row: damaged.row)
        case let error as SQLiteError where error.kind == .corrupt: fault = HotFault(reason: "\(error)", row: nil)
        case let error as SQLiteError where error.isUnreadPart: fault = HotFault(reason: "\(error)", row: nil, passing: .unread)
        case let postponed as HealedPages.Postponed: fault = HotFault(reason: "\(postponed)", row: nil, passing: .unhealed)
        case let unfilled as UnfilledColumns: fault = HotFault(reason: "\(unfilled)", row: nil, passing: .unfilled)
        case let doubted as DoubtedColumns: fault = HotFault(reason: "\(doubted)", row: doubted.row)
        case let damaged as DamagedImage: fault = HotFault(reason: "\(damaged)", row: nil)
        case let error as ColumnStoreError where error.code == .corruptFile: fault = HotFault(reason: "\(error)", row: nil)
        default: return false
        }
        let isNew = leftHot.withLock { $0.updateValue(fault, forKey: file.name)?.reason != fault.reason }
        let what = switch fault.passing {
        case .unread?: "a hot file stays hot until it can be read"
        case .unhealed?, .unfilled?: "left a hot file for the next compaction"
        case nil: "a damaged hot file stays hot"
        }
        if isNew { StoreLog.note(what, path: file.path, reason: fault.reason, level: .warning) }
        return true
    }
}
