import ColumnStore
import Documents
import Processes

/// Whose a receipt is, what row it makes, and where it goes: stored, or kept in quarantine.
extension Intake {
    /// - Throws: type-not-allowed. Nil is let through: then the document says.
    func checkTypeAllowed(_ type: String?) throws {
        // The client named it: so may the answer.
        guard let type, let allowed = request.principal.types, !allowed.contains(type) else { return }
        throw Fault(.typeNotAllowed, "the contract does not name the type \(type)")
    }

    /// A refusal names the type that was meant, and its faults: not to who may not know that there is such a type.
    func checkMeantType(_ type: String?) throws {
        guard let type, let allowed = request.principal.types, !allowed.contains(type) else { return }
        throw Fault(.typeNotAllowed, "the contract does not name the type of this document")
    }

    /// Types that match alike are named to who may know them all.
    private func disclosed(_ problem: Fault) -> Fault {
        guard problem.code == .ambiguousType, request.principal.types != nil else { return problem }
        return Fault(.ambiguousType, "several types match this document alike", advice: .nameType)
    }

    /// All that can be made before the writer's turn: compressed, hashed, its columns behind the store's own.
    ///
    /// - Parameter body: in which the receipt's document lies, unless it has bytes of its own.
    /// - Throws: type-not-allowed, wrong-client, bad-parameter, not-found for a client without a contract, callback-host-not-allowed.
    func row(_ receipt: ExtractedReceipt, in body: [UInt8]) throws -> HotRow {
        try checkMeantType(receipt.type.name)
        let client = try owner(of: receipt)
        let document = Self.bytes(receipt.document, in: body)
        let (stored, coding) = try parts.tier.dictionaries.compress(document, type: receipt.type.name)
        let callbackURL = request.callbackURL ?? receipt.callbackURL
        let process = try process(stages: receipt.type.register, client: client, callbackURL: callbackURL, saidAt: request.callbackURL == nil ? receipt.callbackPointer : nil, trace: request.trace)
        let type = receipt.type
        let sha256 = SHA256.hash(document)
        let version = type.tableKind.numbersVersions
            ? RowVersion(content: DocumentContent.hash(document, sha256: sha256, isCSV: type.format == .csv, delimiter: type.file.delimiter)) : nil
        let upload = request.uploadID
        let brought = upload == nil ? type.tableKind.broughtColumns : type.tableKind.broughtByUploads
        let values = brought.isEmpty ? receipt.row : VersionColumns.row(receipt.row, count: type.layout.fields.count, after: brought, upload: upload)
        return HotRow(
            kind: parts.formats.format(receipt.type, contentType: contentType(of: receipt.document), isUploaded: upload != nil), client: client, receipt: receipt.receiptID,
            businessDay: receipt.businessDay, issuedAt: receipt.issuedAt, values: values, sha256: sha256,
            storedDocument: stored, documentByteCount: document.count, coding: coding,
            callbackURL: callbackURL, state: receipt.type.register.isEmpty ? .complete : .processing, process: process,
            isReadable: brought.isEmpty && DocumentValues.canRead(type), version: version)
    }

    /// Whose receipt it is: the call's word, else the document's own word, else the contract's.
    ///
    /// - Throws: wrong-client where two of them differ, or the principal may not write for that one; bad-parameter where none is named, or by no
    ///   possible id.
    func owner(of receipt: ExtractedReceipt) throws -> [UInt8] {
        let principal = request.principal
        let asked = request.client.map { Array($0.utf8) }
        if let asked, let mapped = receipt.clientID, asked != mapped {
            throw Fault(
                .wrongClient,
                "the document names the client \(String(decoding: mapped.prefix(200), as: UTF8.self)), the request \(String(decoding: asked, as: UTF8.self))")
        }
        guard let client = asked ?? receipt.clientID ?? principal.identity.client?.bytes else {
            throw Fault(
                .badParameter, "whose receipt is it? This key writes for every client: name one",
                errors: [.init(pointer: "/client", code: "required", message: "a client is wanted, since this key writes for every client")])
        }
        guard Self.isID(client) else {
            throw Fault(
                .badParameter, "a client id has 1 to 200 bytes and no control characters",
                errors: [.init(pointer: "/client", code: "bad-id", message: "1 to 200 bytes, no control characters")])
        }
        if let own = principal.identity.client, own.bytes == client { return client }
        guard principal.rows == .all else { throw Fault(.wrongClient, "this key writes for its own client only") }
        guard !parts.clientsNeedContract || parts.catalog.heldContract(client) != nil else {
            throw Fault(.notFound, "the client \(String(decoding: client, as: UTF8.self)) has no contract")
        }
        return client
    }

    /// 1 to 200 bytes, none of them a control character of ASCII.
    static func isID(_ bytes: some Collection<UInt8>) -> Bool {
        (1...200).contains(bytes.count) && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    /// Without a copy where the document is the whole body.
    static func bytes(_ document: ReceiptDocument, in body: [UInt8]) -> [UInt8] {
        switch document {
        case .own(let bytes): bytes
        case .body(let range): range == 0..<body.count ? body : Array(body[range])
        }
    }

    private var contentType: String { StoredContentType.text(request.form, request.contentType) }

    /// What was made for a receipt of an envelope is in an encoding of its own.
    private func contentType(of document: ReceiptDocument) -> String {
        guard case .own = document else { return contentType }
        return StoredContentType.text(request.form, request.contentType, isCanonical: true)
    }

    /// Looks where the writer does not, then hands the rows to it.
    ///
    /// - Parameter completion: called once, where the answer is known: on this thread, the writer's, or one of those that look at what is stored.
    func submit(
        _ rows: [HotRow], isAtomic: Bool = true, _ completion: @escaping @Sendable (Submission.Answer) -> Void
    ) {
        let snapshot = parts.tier.boundary.snapshot()
        // The file that takes rows: what it has the writer asks its index, rows among it that nobody sees yet.
        let open = snapshot.files.last { !$0.state.isSealed }
        do {
            try checkRead(rows, snapshot)
            let earlier = try earlier(rows, snapshot, except: open)
            parts.tier.writer.submit(
                Submission(rows: rows, earlier: earlier, generation: snapshot.generation, isAtomic: isAtomic, completion: checked(rows, completion)),
                isAlone: request.isAlone && rows.count == 1 && isAtomic)
        } catch {
            guard !isAtomic, rows.count > 1 else { return completion(.refused(Self.problem(error))) }
            submitApart(rows, snapshot, except: open, completion)
        }
    }

    /// Refused here, and not by the writer: there it would undo what others have in the same commit.
    ///
    /// - Throws: `UnreadableVersions` for a row of a table that was left out of the index of versions, or whose type had such a one before.
    private func checkRead(_ rows: [HotRow], _ snapshot: TierBoundary.Snapshot) throws {
        if snapshot.unreadVersions.isEmpty { return }
        for row in rows {
            let former = row.version == nil ? parts.tier.typeTables.others(of: row.kind.type, than: row.kind.table) : []
            for table in [row.kind.table] + former { if let damaged = snapshot.unreadVersions[table] { throw UnreadableVersions(damaged) } }
        }
    }

    /// Receipts that count each on its own, one of which cannot be looked up, since a file is damaged that it may be in: it alone is refused.
    private func submitApart(
        _ rows: [HotRow], _ snapshot: TierBoundary.Snapshot, except open: HotFile?, _ completion: @escaping @Sendable (Submission.Answer) -> Void
    ) {
        var refusals: [Fault?] = []
        var sound: [HotRow] = []
        var found: [StoredReceipt?] = []
        for row in rows {
            do {
                try checkRead([row], snapshot)
                found += try earlier([row], snapshot, except: open)
                sound.append(row)
                refusals.append(nil)
            } catch {
                refusals.append(Self.problem(error))
            }
        }
        let whole = { @Sendable [refusals] (answer: Submission.Answer) in
            guard case .done(let outcomes) = answer else { return completion(answer) }
            completion(.done(Self.woven(refusals, outcomes)))
        }
        if sound.isEmpty { return whole(.done([])) }
        parts.tier.writer.submit(
            Submission(rows: sound, earlier: found, generation: snapshot.generation, isAtomic: false, completion: checked(sound, whole)))
    }

    /// What became of each row: its refusal, or the next of the outcomes of the others.
    private static func woven(_ refusals: [Fault?], _ outcomes: [Submission.Outcome]) -> [Submission.Outcome] {
        var whole: [Submission.Outcome] = []
        var next = 0
        for refusal in refusals {
            if let refusal {
                whole.append(.refused(refusal))
            } else if next < outcomes.count {
                whole.append(outcomes[next])
                next += 1
            }
        }
        return whole
    }

    /// A refusal that the quarantine keeps before it is answered.
    struct KeptRefusal: Error { let refused: Quarantine.Refused }

    /// What to throw for a problem with a document.
    func quarantined(_ problem: Fault, type: String?, document: [UInt8]) -> any Error {
        refused(problem, type: type, document: document).map { KeptRefusal(refused: $0) } ?? problem
    }

    /// What the quarantine keeps of a refusal; nil when it is about something else than the bytes.
    ///
    /// Kept under the client that the request was made for, as far as that may be believed.
    func refused(_ problem: Fault, type: String?, document: [UInt8]) -> Quarantine.Refused? {
        guard FaultClass(problem.code) == .document else { return nil }
        let problem = disclosed(problem)
        let principal = request.principal
        let own = principal.identity.client?.text
        let client = principal.rows == .all ? request.client ?? own : own
        // Nobody's documents are driven out by what others say that theirs is.
        let isOwn = client.map { Array($0.utf8) } == own.map { Array($0.utf8) }
        let sender = isOwn ? nil : QuarantineShares.Sender(client: own)
        return Quarantine.Refused(client: client, contentType: contentType, type: type, problem: problem, document: document, sender: sender, typesPlace: typesPlace)
    }

    /// Puts many refusals into quarantine at once, and their tickets into the results.
    ///
    /// Results are set once the entries are durable.
    func keep(_ kept: [(place: Int, refused: Quarantine.Refused)], _ results: EachResults) {
        if kept.isEmpty { return }
        parts.quarantine.submit(kept.map(\.refused)) { result in
            switch result {
            case .success(let tickets):
                results.set(
                    zip(kept, tickets).map { entry, ticket in
                        var problem = entry.refused.problem
                        problem.note(ticketID: ticket)
                        return (entry.place, .failure(problem))
                    })
            case .failure(let error): results.set(kept.map { ($0.place, .failure(Self.problem(error))) })
            }
        }
    }

    // MARK: Callback URLs

    /// What must happen to a receipt, and who hears of it.
    ///
    /// - Parameter pointer: where the document says the callback URL; nil when the request does.
    /// - Throws: callback-host-not-allowed.
    func process(stages: [[String]], client: [UInt8], callbackURL: String?, saidAt pointer: String? = nil, trace: String?) throws -> ProcessPlan? {
        let held = parts.catalog.heldContract(client)
        var targets: [StepNotice.Target] = []
        if let callbackURL {
            let pointer = pointer ?? "/callback_url"
            guard CallbackURL.host(callbackURL) != nil else {
                let fault = "an http or https URL of at most \(CallbackURL.byteCountMax) bytes, without user and password, is wanted"
                throw Fault(.callbackHostNotAllowed, "callback_url: \(fault)", errors: [.init(pointer: pointer, code: "bad-url", message: fault)])
            }
            guard let held, CallbackURL.isAllowed(callbackURL, hosts: held.contract.callbackHosts) else {
                throw Fault(
                    .callbackHostNotAllowed, "the callback URL's host is none that the contract lists in callback_hosts",
                    errors: [.init(pointer: pointer, code: "callback-host-not-allowed", message: "not among callback_hosts")])
            }
            targets.append(.callback)
        }
        if let webhook = held?.contract.webhook, callbackURL.map({ !$0.hasSameBytes(as: webhook.url) }) ?? true { targets.append(.contract) }
        return stages.isEmpty && targets.isEmpty ? nil : ProcessPlan(stages: stages, targets: targets, trace: trace)
    }
}
