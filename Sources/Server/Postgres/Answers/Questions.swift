internal import ColumnStore
internal import Ingest
internal import Query

/// What a connection asks of the store: it does what its session wants done, with the rights that its credential has at that moment.
final class Questions: @unchecked Sendable {
    // Proof of Sendable: touched by the connection's thread, and by a job that this thread waits for.

    struct Asker {
        /// Who it is now, for a request: a key may have been revoked since. A request is a statement that is asked, or a Bind.
        let admit: () throws -> Principal
        /// The same for what is no request: a text is understood, or an answer goes on.
        let present: () throws -> Principal
        /// Of whose queries not all places may be.
        let owner: AnyObject
        /// Calls when the client goes; nil: no more.
        let whenGone: ((@Sendable () -> Void)?) -> Void
        /// What the catalogs say of it, but for its settings.
        let session: SystemSession
    }

    private let service: QueryService
    private let places: QueryPlaces
    private let asker: Asker
    private let output: AnswerOutput
    private let timers: Timers
    private let interruption: Interruption
    private var questions: [Int: PreparedQuestion] = [:]
    private let plans: KeptPlans
    private var portals: [Int: QuestionPortal] = [:]
    private var state: SeenState?
    /// What a question that runs does to the session.
    let changes = SettingChanges()
    private var stateNumber = 0
    /// As the session has them behind the step that asks.
    var settings: SessionSettings
    /// What it holds, while a question is understood or runs.
    var holdings: SessionHoldings?
    /// Whether the state that is seen first is that of further statements too.
    var keepsState = false

    init(
        _ service: QueryService, _ places: QueryPlaces, _ asker: Asker, _ interruption: Interruption, settings: SessionSettings, output: AnswerOutput, plans: KeptPlans, timers: Timers
    ) {
        (self.interruption, self.settings, self.plans) = (interruption, settings, plans)
        (self.service, self.places, self.asker, self.output, self.timers) = (service, places, asker, output, timers)
    }

    deinit { closeAll() }

    func closeAll() { for number in Array(portals.keys) { close(portal: number) } }

    // MARK: The transaction

    func endTransaction() { state = nil }

    private func seen(as principal: Principal) throws -> SeenState {
        if let state {
            try Authorizer.check(principal, keeps: state.principal)
            return state
        }
        let (own, sequence) = try service.catalog(as: principal, upTo: nil)
        var session = asker.session
        session.settings = settings
        let catalog = SystemCatalog(own, session)
        stateNumber += 1
        let made = SeenState(catalog: catalog, principal: principal, sequence: sequence, now: changes.cameAt ?? CalendarText.now, number: stateNumber)
        state = made
        return made
    }

    /// A transaction sees one state of the store, and its session as it is.
    private func catalog(_ state: SeenState, asked: String? = nil) -> any QueryCatalog { (state.catalog as? SystemCatalog)?.with(settings, holdings, asked: asked) ?? state.catalog }

    /// - Parameter types: of the parameters, as their declarations say them; 0 where none does.
    /// - Parameter asked: the question's text.
    private func context(_ state: SeenState, _ parameters: [QueryParameter], _ reading: SessionSettings.Reading, _ types: [UInt32] = [], asked: String? = nil) -> QueryContext {
        var context = QueryContext(catalog: catalog(state, asked: asked), parameters: parameters, timeZone: reading.zone, now: state.now)
        context.usesRollups = settings.usesRollups
        context.session = changes
        context.made = MadeTables(service.engine.memoryOnBehalf(atMost: .max))
        for (index, number) in types.enumerated() { context.declaredParameters[index + 1] = AnswerColumns.declaredName(number) }
        (context.dateOrder, context.forms) = (reading.order, reading.forms)
        return context
    }

    // MARK: Time

    /// Does a part of a statement: its own time ends it, and its client's going.
    private func whileAwaited<Result>(_ body: () throws -> Result) throws -> Result {
        let statementTimeout = settings.statementTimeout
        let part = interruption.beginPart()
        let timer = statementTimeout > 0 ? timers.after(Double(statementTimeout) / 1_000) { [interruption] in interruption.expire(part) } : nil
        asker.whenGone { [interruption] in interruption.interrupt(.gone) }
        defer {
            asker.whenGone(nil)
            interruption.endPart(part)
            if let timer { timers.cancel(timer) }
        }
        // Of what ends with the part it is said while it is known.
        do { return try body() } catch { throw interruption.explained(FaultStates.fault(error)) }
    }

    /// Plans on a query's thread, within `limits.query_time` and all that ends a statement which runs.
    private func planned<Result>(_ body: @escaping (Cancellation) throws -> Result) throws -> Result {
        try whileAwaited {
            let cancellation = Cancellation(timeLimitSeconds: service.limits.time)
            interruption.watch { cancellation.cancel() }
            return try places.run(for: asker.owner, isLong: false, interruption) { try body(cancellation) }
        }
    }

    /// With what the session holds meanwhile: longer nobody may have it, since a change of the session would copy it.
    func holding<Answer>(_ holdings: SessionHoldings, _ body: () -> Answer) -> Answer {
        self.holdings = holdings
        defer { self.holdings = nil }
        return body()
    }

    // MARK: Prepare

    func prepare(_ wanted: SessionEffect.Prepare) -> Result<SessionInput.Shape, PostgresFault> {
        let reading = settings.reading
        let question = PreparedQuestion(text: wanted.text, start: wanted.start, plans)
        do {
            let state = try seen(as: asker.present())
            try planned { [self] cancellation in
                let declared = wanted.typeNames.isEmpty ? wanted.parameterTypes : try numbers(ofTypes: wanted.typeNames, state, reading, start: wanted.start, cancellation)
                var known: [Int: ColumnType] = [:]
                for (index, number) in declared.enumerated() where number != 0 { known[index + 1] = try AnswerColumns.parameter(number) }
                try describe(question, declared, known, state, reading, cancellation)
            }
            questions[wanted.statement] = question
            return .success(SessionInput.Shape(parameterTypes: question.parameterTypes, columns: question.columns))
        } catch {
            return .failure(fault(error, of: question.start))
        }
    }

    /// What PREPARE's names of types are called on the wire: as a cast to each is described.
    /// - Parameter start: that of the question, which its own faults' places are counted from.
    private func numbers(ofTypes names: [PostgresCommand.Piece], _ state: SeenState, _ reading: SessionSettings.Reading, start: Int, _ cancellation: Cancellation) throws -> [UInt32] {
        try names.map { name in
            let words = name.text.split(whereSeparator: \.isWhitespace)
            if words.count == 1, words[0].lowercased().hasBytes(of: "unknown") { return 0 }
            let before = "SELECT CAST(NULL AS "
            do {
                let (_, columns) = try service.engine.describe(before + name.text + ")", in: context(state, [], reading), cancellation: cancellation)
                return try AnswerColumns.fields(columns).first?.type ?? 0
            } catch {
                throw FaultStates.fault(error).moved { place in place > before.count ? place - before.count + name.start - start : nil }
            }
        }
    }

    private func describe(
        _ question: PreparedQuestion, _ declared: [UInt32], _ known: [Int: ColumnType], _ state: SeenState, _ reading: SessionSettings.Reading, _ cancellation: Cancellation
    ) throws {
        if question.mayHaveParameters {
            let (types, columns) = try service.engine.describe(question.text, in: context(state, [], reading, declared), types: known, cancellation: cancellation)
            question.columns = try AnswerColumns.fields(columns)
            question.parameterTypes = (0..<max(types.count, declared.count)).map { index in
                if index < declared.count, declared[index] != 0 { return declared[index] }
                return index < types.count ? types[index].map { AnswerColumns.type($0).number } ?? PostgresType.text.rawValue : PostgresType.text.rawValue
            }
            guard question.parameterTypes.isEmpty else { return }
        }
        let asking = context(state, [], reading, asked: question.text)
        changes.beginPlanning()
        let plan = try service.engine.prepare(question.text, in: asking, cancellation: cancellation)
        question.columns = try AnswerColumns.fields(plan.columns)
        question.parameterTypes = declared.map { $0 == 0 ? PostgresType.text.rawValue : $0 }
        // What the session held is in the plan, or when the question came, and another moment's is asked for anew.
        guard holdings?.wasSeen != true, !changes.wasMomentSeen else { return }
        // Tables of the catalogs that it reads are in it, too.
        let byteCount = plan.planByteCount.addingSaturating(asking.made.byteCount)
        guard byteCount <= KeptPlans.byteCountMax else { return }
        if !plans.hasRoom(for: byteCount) {
            // First those of another state, which nobody can use again.
            for isWorn in [true, false] where !plans.hasRoom(for: byteCount) {
                for other in Array(questions.values) + portals.values.map(\.question) where !isWorn || other.isWorn(in: state.number) { other.forgetPlan() }
            }
        }
        // One for which there is no room is made each time.
        guard question.keep(plan, byteCount) else { return }
        (question.planState, question.planReading, question.planSettings) = (state.number, reading, settings)
    }

    func forget(statement number: Int) { questions[number] = nil }

    // MARK: Open

    func open(_ wanted: SessionEffect.Open) -> PostgresFault? {
        let reading = settings.reading
        guard let question = questions[wanted.statement] else { return PostgresFault(.internalError, "a question that is not there") }
        do {
            let principal = try asker.admit()
            // Constants need no look at the store, which would be half of what they cost.
            let state = !keepsState && question.isOfConstants(reading) ? nil : try seen(as: principal)
            // One for all that they name.
            var dialect: (any CatalogDialect)?
            let parameters: [QueryParameter] =
                switch wanted.arguments {
                case .bound(let formats, let values): try BoundParameters.read(values, formats: formats, types: question.parameterTypes, session: reading.texts) { [self] name, registry in
                    if dialect == nil { dialect = try catalog(state ?? seen(as: principal)).dialect }
                    return try dialect?.object(named: name, in: registry)
                }
                case .expressions(let pieces): pieces.isEmpty ? [] : try evaluate(pieces, as: question.parameterTypes, seen(as: principal), reading)
                }
            let portal = QuestionPortal(question, parameters, state, reading, wanted.isScrollable ? .all : wanted.isOpen ? .some : .last)
            portal.isForwardOnly = wanted.isForwardOnly
            if case .expressions = wanted.arguments {
                let byteCount = parameters.reduce(0) { $0.addingSaturating(ValueFootprint.byteCount(of: $1)) }
                try output.hold(moreOfCursors: byteCount)
                portal.computedByteCount = byteCount
            }
            portals[wanted.portal] = portal
            return nil
        } catch {
            if case .expressions = wanted.arguments { return fault(error, of: 0) }
            return fault(error, of: question.start)
        }
    }

    /// The values of EXECUTE's arguments, each cast to what its parameter is.
    private func evaluate(_ pieces: [PostgresCommand.Piece], as types: [UInt32], _ state: SeenState, _ reading: SessionSettings.Reading) throws -> [QueryParameter] {
        var text = "", starts: [Int] = [], scalarCount = 0
        func add(_ part: String) {
            text += part
            scalarCount += part.unicodeScalars.count
        }
        for (index, piece) in pieces.enumerated() {
            add(index == 0 ? "SELECT (" : ", (")
            starts.append(scalarCount)
            add(piece.text + ")")
            if index < types.count, let name = AnswerColumns.castName(types[index]) { add("::" + name) }
        }
        do {
            let text = text
            let plan = try planned { [self] cancellation in try service.engine.prepare(text, in: context(state, [], reading), cancellation: cancellation) }
            guard let row = try service.engine.immediate(plan)?.first, row.columns.count == pieces.count else {
                throw PostgresFault(.featureNotSupported, "arguments of EXECUTE are constants", hint: "Send them as parameters of the extended protocol.")
            }
            return row.columns.enumerated().map { index, column in
                let value = column.value(at: 0)
                // As values of the extended protocol: a text without a type would be one of what the question makes of it.
                if index < types.count, let type = PostgresType(rawValue: types[index]), type == .bit || type == .varbit, !value.isNull { return .typed(value, column.type) }
                if column.type == .string, case .bytes(let bytes) = value { return .string(String(decoding: bytes, as: UTF8.self)) }
                return value.isNull && column.type == .string ? .null : .typed(value.isNull ? .null : value, column.type)
            }
        } catch {
            // Its place is one in the argument that the client wrote.
            throw FaultStates.fault(error).moved { place in
                guard let index = starts.lastIndex(where: { $0 < place }) else { return nil }
                let inside = place - starts[index]
                return inside <= pieces[index].text.unicodeScalars.count ? inside + pieces[index].start : nil
            }
        }
    }

    func close(portal number: Int) {
        guard let portal = portals.removeValue(forKey: number) else { return }
        end(portal)
        release(portal)
        output.release(ofCursors: portal.computedByteCount)
    }

    private func release(_ portal: QuestionPortal) {
        portal.window.release()
        output.release(ofCursors: portal.chargedByteCount)
        portal.chargedByteCount = 0
    }

    private func end(_ portal: QuestionPortal) {
        guard let stream = portal.stream else { return }
        stream.cancel()
        portal.stream = nil
        if let place = portal.place { places.end(place) }
        portal.place = nil
        if let running = portal.running { service.finished(running) }
    }

    // MARK: Run

    func run(_ wanted: SessionEffect.Run) -> SessionInput.Outcome {
        changes.begin(with: settings)
        guard let portal = portals[wanted.portal] else { return .failed(PostgresFault(.internalError, "a portal that is not there")) }
        do {
            let names = portal.state.flatMap { catalog($0).dialect }.map { RegistryNames($0) }
            let style = AnswerStyle(settings, zone: try TimeZoneDatabase.system.rules(inAnyCase: portal.reading.zone) ?? .utc, names: names)
            try checkRights(portal)
            if try runAtOnce(portal) { return try give(portal, wanted, style) }
            return try whileAwaited {
                try places.run(for: asker.owner, isLong: true, interruption) { [self] in
                    try begin(portal)
                    return try give(portal, wanted, style)
                }
            }
        } catch {
            // It gives no more rows; that it is still there is no reason to hold those that came.
            end(portal)
            release(portal)
            return .failed(fault(error, of: wanted.isOfEarlierText ? nil : portal.question.start))
        }
    }

    /// That who asked may still see what the portal's state shows: a cursor may be open for long, and a stream run.
    private func checkRights(_ portal: QuestionPortal) throws {
        if let state = portal.state { try Authorizer.check(asker.present(), keeps: state.principal) }
    }

    /// A row of constants needs no thread of its own, and no place: false for any other question.
    private func runAtOnce(_ portal: QuestionPortal) throws -> Bool {
        if portal.isBegun { return portal.stream == nil }
        let question = portal.question
        guard let plan = question.plan(in: portal.state, portal.reading, settings), plan.isConstant else { return false }
        let rows: [ColumnBatch]
        if plan.isFixed, let known = question.fixedRows {
            rows = known
        } else {
            rows = try service.engine.immediate(plan) ?? []
            if plan.isFixed { question.keep(fixedRows: rows) }
        }
        portal.window.load(rows)
        try charge(portal)
        portal.isBegun = true
        return true
    }

    private func begin(_ portal: QuestionPortal) throws {
        if let stream = portal.stream {
            interruption.watch { stream.cancel() }
            return
        }
        guard !portal.isBegun else { return }
        let cancellation = Cancellation(timeLimitSeconds: service.limits.streamTime, of: "limits.stream_time")
        interruption.watch { cancellation.cancel() }
        let plan: PreparedQuery
        if let known = portal.question.plan(in: portal.state, portal.reading, settings) {
            plan = known
        } else {
            plan = try service.engine.prepare(
                portal.question.text, in: context(portal.state ?? seen(as: asker.present()), portal.parameters, portal.reading, portal.question.parameterTypes, asked: portal.question.text), cancellation: cancellation)
        }
        // The columns were described when it was prepared: a table may have others since.
        let fields = try AnswerColumns.fields(plan.columns)
        guard WireField.areDescribed(fields, by: portal.question.columns) else { throw PostgresFault.otherResult }
        let running = try RunningQuery(id: nil, asker: asker.present(), text: portal.question.text)
        let place = try places.begin(running, for: asker.owner)
        let stream: ResultStream
        do {
            stream = try service.engine.execute(plan, cancellation: cancellation)
            try service.started(running)
        } catch {
            places.end(place)
            throw error
        }
        running.began(stream)
        (portal.stream, portal.running, portal.place, portal.isBegun) = (stream, running, place, true)
        interruption.watch { stream.cancel() }
    }

    // MARK: Rows

    private func give(_ portal: QuestionPortal, _ wanted: SessionEffect.Run, _ style: AnswerStyle) throws -> SessionInput.Outcome {
        switch wanted.rows {
        case .next(let count):
            let given = try move(portal, .forward(count), RowWriter(form: .rows(wanted.formats), columns: portal.question.columns, style: style))
            if let count, given == count { return .suspended(rows: given) }
            end(portal)
            return .finished(rows: given)
        case .fetch(let direction, let isMove):
            if !isMove, portal.isForwardOnly, direction.repeats, portal.window.isOnRow { throw PostgresFault.goesForward }
            let given = try move(portal, direction, isMove ? nil : RowWriter(form: .rows(wanted.formats), columns: portal.question.columns, style: style))
            if portal.window.isAtEnd { end(portal) }
            return .finished(rows: given)
        case .copy(let options):
            let names = portal.question.columns.map(\.name)
            let writer = CopyWriter(options, columns: names)
            let rows = try CopyRows(writer, head: writer.head(names), isBinary: options.form == .binary, to: output)
            let given = try move(portal, .forward(nil), RowWriter(form: .copy(rows, wanted.formats), columns: portal.question.columns, style: style))
            try rows.end(to: output)
            end(portal)
            return .finished(rows: given)
        }
    }

    /// - Parameter writer: nil where the rows are only passed.
    private func move(_ portal: QuestionPortal, _ direction: FetchDirection, _ writer: RowWriter?) throws -> Int {
        let output = output
        let keepsAll = portal.window.keeping == .all
        let pull = { [self] () throws -> ColumnBatch? in
            guard let batch = try next(of: portal) else { return nil }
            try checkRights(portal)
            if keepsAll {
                try output.hold(moreOfCursors: batch.flatByteCountBound)
                portal.chargedByteCount += batch.flatByteCountBound
            }
            return batch
        }
        let given = try portal.window.move(direction, pull: pull) { piece in try writer?.write(piece.batch, piece.range, to: output) }
        if portal.window.keeping == .some {
            // No room for what it might go back to is no reason to end it.
            do { try charge(portal) } catch { portal.window.keepLast() }
        }
        if !keepsAll { try charge(portal) }
        return given
    }

    /// The next rows; nil at the end.
    private func next(of portal: QuestionPortal) throws -> ColumnBatch? {
        do { return try portal.stream?.next() } catch {
            // Whoever needed its place may have ended it before it was asked again: what ended it was its time.
            guard FaultStates.fault(error).state == .queryCanceled, portal.place?.isLate ?? false else { throw error }
            throw PostgresFault(.queryCanceled, "the query ran out of time: ask for less, or raise limits.stream_time")
        }
    }

    /// What stays of a question that has ended.
    private func charge(_ portal: QuestionPortal) throws {
        let held = portal.window.heldByteCount
        if held > portal.chargedByteCount { try output.hold(moreOfCursors: held - portal.chargedByteCount) } else { output.release(ofCursors: portal.chargedByteCount - held) }
        portal.chargedByteCount = held
    }

    /// - Parameter start: scalars before its text in what the client sent; nil where that is elsewhere.
    private func fault(_ error: any Error, of start: Int?) -> PostgresFault {
        interruption.explained(FaultStates.fault(error)).moved { place in start.map { place + $0 } }
    }
}

extension WireField {
    /// Whether a client that was told of `known` may be sent values of `fields`, as PostgreSQL's equalTupleDescs has it: by names, types and modifiers.
    static func areDescribed(_ fields: [WireField], by known: [WireField]) -> Bool {
        fields.count == known.count && zip(fields, known).allSatisfy { $0.isDescribed(by: $1) }
    }

    /// What is computed has no modifier there, unless the text says it; here a number's scale is that of what it is computed from, which may be a value that was bound.
    private func isDescribed(by known: WireField) -> Bool {
        let isOfTable = table != 0 || known.table != 0
        return type == known.type && name.hasBytes(of: known.name) && (modifier == known.modifier || !isOfTable)
    }
}

extension AnswerColumns {
    /// What a cast of SQL names a type of this number by; nil where a value stays as it is.
    static func castName(_ number: UInt32) -> String? {
        switch PostgresColumnType(number) {
        case .plain(.bpchar)?: "bpchar"
        case .array(of: .bpchar)?: "bpchar[]"
        // Without quotes it is BIT(1).
        case .plain(.bit)?: "\"bit\""
        case .array(of: .bit)?: "\"bit\"[]"
        case .plain(let type)? where type.form == .record || type.form == .vector || type == .unknown: nil
        case nil: nil
        default: SystemType.byNumber[Int64(number)]?.shown
        }
    }

    /// The columns of an answer as RowDescription says them, each with the table that it is a plain column of.
    ///
    /// - Throws: 54011 for more columns than the protocol has.
    static func fields(_ columns: [ResultColumn]) throws(PostgresFault) -> [WireField] {
        guard columns.count <= countMax else { throw PostgresFault(SQLState(rawValue: "54011"), "an answer has at most \(countMax) columns") }
        return columns.map { column in
            var field = described(column)
            if let origin = column.origin, let place = Int16(exactly: origin.place), let table = SystemNumber.relation(origin) { (field.table, field.column) = (table, place) }
            return field
        }
    }
}
