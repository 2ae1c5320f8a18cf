import ColumnStore
import Processes

/// A queue as the writer's thread has it in memory: what can be reported of it without a look at its messages.
struct QueueState: Sendable, Equatable {
    let id: Int64
    let name: String
    var settings: QueueSettings
    var counts = Counts()
    /// Since the start.
    var figures = Figures()
    /// Nothing that time brings is due before this; it may be earlier than what is.
    var nextDue: Int64 = .max
    /// Ids may be forgotten from then on; as above.
    var nextForgotten: Int64 = .max

    struct Counts: Sendable, Equatable {
        var active = 0
        var locked = 0
        var delayed = 0
        var dead = 0
        /// Of bodies, but those of dead letters.
        var byteCount = 0
        /// Of the bodies of dead letters.
        var deadByteCount = 0

        var living: Int { active + locked + delayed }
    }

    /// Counted in groups that hold, and lost with the process.
    struct Figures: Sendable, Equatable {
        var sent = 0
        var duplicates = 0
        var received = 0
        var completed = 0
        var died = 0
    }

    init(id: Int64, name: String, settings: QueueSettings) { (self.id, self.name, self.settings) = (id, name, settings) }

    /// Bytes of bodies that may still come. Living and dead messages together have twice `byteCountMax`, and there are `QueueSettings.letterCountMax` dead ones: what nobody looks at fills
    /// no disk, and none of it goes by itself.
    var room: Int {
        guard counts.dead < QueueSettings.letterCountMax else { return 0 }
        let living = settings.byteCountMax.subtractingSaturating(counts.byteCount)
        return min(living, living.addingSaturating(settings.byteCountMax).subtractingSaturating(counts.deadByteCount))
    }

    /// It takes nothing more, however little lives in it, until somebody has looked at its dead letters.
    var isHeldByLetters: Bool { counts.byteCount < settings.byteCountMax && room <= 0 }

    mutating func expect(at due: Int64) { nextDue = min(nextDue, due) }

    /// Since when messages are too old.
    func expired(_ now: Int64) -> Int64 { now - settings.timeToLive }
}

/// Where a message is. On disk: do not renumber.
enum MessageState: Int64 {
    case active = 0, locked = 1, delayed = 2, dead = 3
    /// Complete or purged: its id alone is known.
    case gone = 4

    /// Of a message that is still there.
    var standing: QueueMessage.Standing? {
        switch self {
        case .active: .active
        case .locked: .locked
        case .delayed: .delayed
        case .dead: .dead
        case .gone: nil
        }
    }
}

extension QueueState.Counts {
    mutating func add(_ state: MessageState, _ count: Int) {
        switch state {
        case .active: active += count
        case .locked: locked += count
        case .delayed: delayed += count
        case .dead: dead += count
        case .gone: break
        }
    }
}
