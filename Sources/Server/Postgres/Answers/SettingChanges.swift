internal import ColumnStore
internal import Query
internal import Synchronization

/// What a question does to its session: what it sets while it runs, which the session takes over when it is answered; and what it sees of it, the moment that it came.
final class SettingChanges: QuerySession {
    let random = RandomNumbers()
    /// As they are with the changes, and these.
    private let state = Mutex<(settings: SessionSettings?, changes: [SettingChange], byteCount: Int)>((nil, [], 0))

    /// When the message came that is at hand, in microseconds since 1970, and whether a plan has that in it.
    private let arrival = Mutex<(moment: Int64?, isSeen: Bool)>((nil, false))

    /// A message has come.
    func came(at moment: Int64) { arrival.withLock { $0.moment = moment } }

    /// For now() of a transaction that begins with it.
    var cameAt: Int64? { arrival.withLock { $0.moment } }

    /// A question is about to be understood.
    func beginPlanning() { arrival.withLock { $0.isSeen = false } }

    /// Whether what was understood since then has asked when it came.
    var wasMomentSeen: Bool { arrival.withLock { $0.isSeen } }

    func statementMoment() -> Int64? {
        arrival.withLock { arrival in
            arrival.isSeen = true
            return arrival.moment
        }
    }

    /// Of a question; more is no use of it.
    private static let countMax = 10_000, byteCountMax = 1 << 20

    func begin(with settings: SessionSettings) { state.withLock { $0 = (settings, [], 0) } }

    /// Those since it began, once.
    func take() -> [SettingChange] {
        state.withLock { state in
            defer { state = (nil, [], 0) }
            return state.changes
        }
    }

    func set(_ name: String, _ value: String?, isLocal: Bool) throws(QueryError) -> String {
        let name = name.lowercased()
        let change = SettingChange(name: name, value: value, isLocal: isLocal)
        let result: Result<String, QueryError> = state.withLock { state in
            // Each row says it.
            if state.changes.last == change { return .success(state.settings?[name] ?? value ?? "") }
            guard state.changes.count < Self.countMax else { return .failure(QueryError(.dataError, "a question changes at most \(Self.countMax) settings").because(.badValue)) }
            let byteCount = state.byteCount.addingSaturating(name.utf8.count).addingSaturating(value?.utf8.count ?? 0)
            guard byteCount <= Self.byteCountMax else {
                return .failure(QueryError(.dataError, "a question sets at most \(Self.byteCountMax) bytes of settings").because(.tooLong))
            }
            state.byteCount = byteCount
            let level = state.settings?["transaction_isolation"]
            do throws(PostgresFault) {
                try state.settings?.set(name, value)
            } catch {
                let cause: QueryError.Cause = switch error.state.rawValue {
                case "42704": .undefinedObject
                case "55P02": .fixedSetting
                default: .badValue
                }
                return .failure(QueryError(.dataError, error.message).because(cause))
            }
            guard value == nil || state.settings?["transaction_isolation"] == level else {
                return .failure(QueryError(.dataError, "a transaction's isolation level is set before its first question, and not by one").because(.activeTransaction))
            }
            state.changes.append(change)
            return .success(state.settings?[name] ?? value ?? "")
        }
        return try result.get()
    }
}
