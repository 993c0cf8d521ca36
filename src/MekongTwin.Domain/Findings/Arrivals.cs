using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Findings;

/// <summary>
/// How readings came in, point by point: late, in a burst, behind newer ones, again, under a wrong clock. Facts do not show it; this is a
/// record, which follows the journal's order and is kept in memory. A reading is late on
/// the day it was measured; a wrong clock is wrong on the day it was heard. One tailer books; any thread may ask.
/// </summary>
/// <param name="newestModel">Gives the model now: it knows the point of every reading that is booked.</param>
public sealed class Arrivals(Func<Model> newestModel)
{
    /// <summary>Days that are kept, the newest included: today, and yesterday when its readings come the day after.</summary>
    public const int Days = 3;

    /// <summary>Most findings in all, about 100 bytes each; what is beyond it is not recorded, and counted.</summary>
    public const int FindingsMax = 500_000;

    /// <summary>What is found here; a clock that is far ahead is in quarantine, too.</summary>
    public static readonly IReadOnlyList<FindingKind> Kinds = [FindingKind.Clock, FindingKind.Late, FindingKind.Burst, FindingKind.Disorder, FindingKind.Duplicate];

    /// <summary>Ahead of the receiving clock by more than clocks that are set over the network are.</summary>
    private const long AheadUs = 30 * Instant.Second;

    /// <summary>So many readings in a row behind the newest one, all by about the same: no line keeps such an order, a clock does.</summary>
    private const int StepReadings = 5;

    private readonly Lock _gate = new();
    private readonly Dictionary<(int Point, long DayUs, FindingKind Kind), Finding> _findings = [];
    private readonly Dictionary<int, Step> _steps = [];
    private readonly Dictionary<int, LastLate> _late = [];
    private readonly SortedSet<long> _days = [];
    private long[] _newestUs = [];
    private Habit[] _habits = [];
    private CityCalendar[] _calendars = [];
    private int _daysMax;
    private Model? _model;

    /// <summary>Receive time of the first reading that was booked, or null.</summary>
    public long? SinceUs { get; private set; }

    /// <summary>Findings that had no room.</summary>
    public long Unrecorded { get; private set; }

    /// <summary>Books a batch by what became of its readings.</summary>
    public void Book(ReadOnlySpan<Reading> readings, IReadOnlyList<BatchSlice> slices, ReadOnlySpan<FoldOutcome> outcomes)
    {
        lock (_gate)
        {
            var model = newestModel();
            Follow(model);
            foreach (var slice in slices)
            {
                if (slice.Count > 0) SinceUs ??= slice.ReceivedUs;
                for (var i = slice.Start; i < slice.Start + slice.Count; i++) Book(model.Points[readings[i].Point], readings[i], slice.ReceivedUs, outcomes[i]);
            }
        }
    }

    /// <summary>What came in wrongly of a point on a day of its city, by where that day begins.</summary>
    public IReadOnlyList<Finding> Of(int point, long dayUs)
    {
        lock (_gate)
        {
            if (!_days.Contains(dayUs)) return [];
            var found = new List<Finding>();
            foreach (var kind in Kinds)
            {
                if (_findings.TryGetValue((point, dayUs, kind), out var finding)) found.Add(finding);
            }
            return found;
        }
    }

    /// <summary>
    /// True for a point that is read out: none of its readings came in time, all of them come in one go, as a meter's day does on the
    /// next. That is its habit, and no finding.
    /// </summary>
    public bool IsReadOut(int point)
    {
        lock (_gate) return point < _habits.Length && _habits[point] == Habit.ReadOut;
    }

    private void Follow(Model model)
    {
        if (_model == model) return;
        _model = model;
        var calendars = model.Cities.ToDictionary(city => city.Id, city => city.MakeCalendar());
        _calendars = [.. model.Points.Select(point => calendars[model.CityOf(point.Asset).Id])];
        _daysMax = Days * calendars.Values.Select(calendar => calendar.Zone.Id).Distinct().Count();
        var known = _newestUs.Length;
        Array.Resize(ref _newestUs, model.Points.Length);
        _newestUs.AsSpan(known).Fill(long.MinValue);
        Array.Resize(ref _habits, model.Points.Length);
    }

    private void Book(Point point, in Reading reading, long receivedUs, FoldOutcome outcome)
    {
        var delay = receivedUs - reading.TimeUs;
        ref var newest = ref _newestUs[point.Number];
        if (delay < -AheadUs) Add(point, FindingKind.Clock, receivedUs, receivedUs, -delay);
        // What its sender calls history is no news, and meant to be late.
        var sign = new Sign(reading.TimeUs, delay, Math.Max(reading.TimeUs, newest) - reading.TimeUs, outcome == FoldOutcome.Duplicate, delay >= point.HoldUs && !reading.Historical);
        if (reading.TimeUs < newest)
        {
            StepBack(point, sign, receivedUs);
            return;
        }
        EndStep(point);
        newest = reading.TimeUs;
        BookLine(point, sign);
    }

    /// <summary>
    /// A reading behind the newest one. Many in a row that are behind by the same mean that their clock was put back; until there
    /// are as many their signs wait, and the clock's are no fault of the line.
    /// </summary>
    private void StepBack(Point point, in Sign sign, long receivedUs)
    {
        // Kept readings come in one go with ever shorter delays; a clock that is off goes on at its own pace.
        if (_steps.TryGetValue(point.Number, out var step) && receivedUs > step.ReceivedUs && sign.TimeUs > step.Last.TimeUs && Math.Abs(sign.DelayUs - step.Last.DelayUs) <= step.Last.DelayUs / 4)
        {
            step.Take(sign, receivedUs);
            if (step.Count == StepReadings) Add(point, FindingKind.Clock, step.FromUs, receivedUs, -sign.DelayUs, StepReadings);
            else if (step.Count > StepReadings) Add(point, FindingKind.Clock, receivedUs, receivedUs, -sign.DelayUs);
            return;
        }
        EndStep(point);
        _steps[point.Number] = new Step(sign, receivedUs);
    }

    private void EndStep(Point point)
    {
        if (_steps.Count == 0 || !_steps.Remove(point.Number, out var step) || step.Count >= StepReadings) return;
        foreach (var sign in step.Signs) BookLine(point, sign);
    }

    /// <summary>What the line did to a reading whose time is believed.</summary>
    private void BookLine(Point point, in Sign sign)
    {
        if (sign.IsCopy)
        {
            Add(point, FindingKind.Duplicate, sign.TimeUs, sign.TimeUs, null);
            return;
        }
        if (sign.BehindUs > 0) Add(point, FindingKind.Disorder, sign.TimeUs, sign.TimeUs, sign.BehindUs);
        if (sign.IsLate) BookLate(point, sign);
        else if (sign.DelayUs < point.HoldUs) _habits[point.Number] = Habit.InTime;
    }

    /// <summary>
    /// Late readings whose delays shrink as fast as their times go on were kept and come in one go: a burst, or a read-out where
    /// nothing else was ever heard. What was booked of the first one as late is taken back.
    /// </summary>
    private void BookLate(Point point, in Sign sign)
    {
        var key = (point.Number, _calendars[point.Number].Start(sign.TimeUs, WindowSize.Day), FindingKind.Late);
        var isOneGo = _late.TryGetValue(point.Number, out var last) && sign.TimeUs > last.TimeUs && 2 * (last.DelayUs - sign.DelayUs) >= sign.TimeUs - last.TimeUs;
        _late[point.Number] = new(sign.TimeUs, sign.DelayUs, isOneGo, _findings.TryGetValue(key, out var before) ? before : null);
        if (!isOneGo)
        {
            Add(point, FindingKind.Late, sign.TimeUs, sign.TimeUs, sign.DelayUs);
            return;
        }
        if (!last.IsOneGo) TakeBack(key with { Item2 = _calendars[point.Number].Start(last.TimeUs, WindowSize.Day) }, last.Before);
        if (_habits[point.Number] != Habit.InTime)
        {
            _habits[point.Number] = Habit.ReadOut;
            return;
        }
        if (!last.IsOneGo) Add(point, FindingKind.Burst, last.TimeUs, last.TimeUs, last.DelayUs);
        Add(point, FindingKind.Burst, sign.TimeUs, sign.TimeUs, sign.DelayUs);
    }

    private void TakeBack((int Point, long DayUs, FindingKind Kind) key, Finding? before)
    {
        if (before is { } known) _findings[key] = known;
        else _findings.Remove(key);
    }

    private void Add(Point point, FindingKind kind, long fromUs, long toUs, long? worstUs, int count = 1)
    {
        var dayUs = _calendars[point.Number].Start(fromUs, WindowSize.Day);
        if (!Keeps(dayUs)) return;
        var worst = worstUs / (double?)Instant.Second;
        if (!_findings.TryGetValue((point.Number, dayUs, kind), out var known))
        {
            if (_findings.Count < FindingsMax) _findings[(point.Number, dayUs, kind)] = new(kind, fromUs, toUs, count, worst);
            else Unrecorded++;
            return;
        }
        _findings[(point.Number, dayUs, kind)] = known with
        {
            FromUs = Math.Min(known.FromUs, fromUs),
            ToUs = Math.Max(known.ToUs, toUs),
            Count = known.Count + count,
            Worst = worst is { } next && Math.Abs(next) > Math.Abs(known.Worst ?? 0) ? next : known.Worst,
        };
    }

    /// <summary>True for one of the newest days; a newer one pushes the oldest out.</summary>
    private bool Keeps(long dayUs)
    {
        if (_days.Contains(dayUs)) return true;
        if (_days.Count == _daysMax && dayUs < _days.Min) return false;
        _days.Add(dayUs);
        if (_days.Count <= _daysMax) return true;
        var oldest = _days.Min;
        _days.Remove(oldest);
        foreach (var key in _findings.Keys.Where(key => key.DayUs == oldest).ToList()) _findings.Remove(key);
        return true;
    }

    /// <summary>How a point's readings come in, as far as it is known.</summary>
    private enum Habit : byte
    {
        Unknown,
        InTime,
        ReadOut,
    }

    /// <summary>The newest late reading of a point, and what was booked of its day as late before it.</summary>
    private readonly record struct LastLate(long TimeUs, long DelayUs, bool IsOneGo, Finding? Before);

    /// <summary>What one reading's arrival says, and how far it is behind the newest one.</summary>
    private readonly record struct Sign(long TimeUs, long DelayUs, long BehindUs, bool IsCopy, bool IsLate);

    /// <summary>Readings in a row that are behind the newest one by about the same.</summary>
    private sealed class Step(in Sign first, long receivedUs)
    {
        public long FromUs { get; } = receivedUs;

        public long ReceivedUs { get; private set; } = receivedUs;

        public Sign Last { get; private set; } = first;

        public int Count { get; private set; } = 1;

        /// <summary>The first few: those that wait.</summary>
        public List<Sign> Signs { get; } = [first];

        public void Take(in Sign sign, long receivedUs)
        {
            (Last, ReceivedUs) = (sign, receivedUs);
            if (++Count < StepReadings) Signs.Add(sign);
        }
    }
}
