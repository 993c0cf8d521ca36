using System.Text;
using MekongTwin.Domain.Access;
using MekongTwin.Ingest;

namespace MekongTwin.Contracts.Mqtt;

/// <summary>
/// Sources that remember what they admit, and a journal whose progress the test moves by hand
/// (<see cref="CommitAll"/>) unless <see cref="CommitsAtOnce"/>.
/// </summary>
public sealed class FakeJournal : IAdmissions, ICommits
{
    private readonly Lock _lock = new();
    private readonly List<(long Ticket, TaskCompletionSource Done)> _waiting = [];
    private readonly List<string> _submitted = [];
    private TaskCompletionSource? _closed;
    private long _last;
    private long _durable;

    public bool CommitsAtOnce { get; init; }

    /// <summary>Topics that are not the twin's.</summary>
    public Func<string, Admission> Becomes { get; init; } = _ => Admission.Admitted;

    /// <summary>Topics whose admission throws.</summary>
    public Func<string, bool> FailsOn { get; init; } = _ => false;

    public int RoutesVersion { get; set; } = 1;

    public int Resolved { get; set; }

    public List<FakeSource> Sources { get; } = [];

    public ICommits Commits => this;

    public long Durable => Interlocked.Read(ref _durable);

    /// <summary>Everything handed over, "topic=payload", in order.</summary>
    public string[] Submitted
    {
        get
        {
            lock (_lock)
            {
                return [.. _submitted];
            }
        }
    }

    /// <summary>How many of them.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _submitted.Count;
            }
        }
    }

    public int WaitingForRoom { get; private set; }

    public ISource Open(string name, Principal principal)
    {
        lock (_lock)
        {
            FakeSource source = new(this, name, principal);
            Sources.Add(source);
            return source;
        }
    }

    /// <summary>Makes everything handed over durable.</summary>
    public void CommitAll()
    {
        List<TaskCompletionSource> due;
        lock (_lock)
        {
            _durable = _last;
            due = [.. _waiting.Where(wait => wait.Ticket <= _durable).Select(wait => wait.Done)];
            _waiting.RemoveAll(wait => wait.Ticket <= _durable);
        }

        due.ForEach(done => done.TrySetResult());
    }

    /// <summary>The journal has no room until <see cref="OpenRoom"/>.</summary>
    public void CloseRoom() => _closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void OpenRoom()
    {
        TaskCompletionSource? closed = _closed;
        _closed = null;
        closed?.SetResult();
    }

    public ValueTask WaitDurableAsync(long ticket, CancellationToken ct)
    {
        lock (_lock)
        {
            if (ticket <= _durable)
            {
                return ValueTask.CompletedTask;
            }

            TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            ct.UnsafeRegister(_ => done.TrySetCanceled(ct), null);
            _waiting.Add((ticket, done));
            return new ValueTask(done.Task);
        }
    }

    private async ValueTask<long> SubmitAsync(List<string> batch, CancellationToken ct)
    {
        if (_closed is { } closed)
        {
            WaitingForRoom++;
            await closed.Task.WaitAsync(ct);
        }

        lock (_lock)
        {
            if (batch.Count > 0)
            {
                _submitted.AddRange(batch);
                batch.Clear();
                _last++;
            }

            if (CommitsAtOnce)
            {
                _durable = _last;
            }

            return _last;
        }
    }

    public sealed class FakeSource(FakeJournal journal, string name, Principal principal) : ISource
    {
        private readonly List<string> _batch = [];

        public string Name => name;

        /// <summary>Messages counted as not permitted.</summary>
        public int NotPermitted { get; private set; }

        public bool IsDisposed { get; private set; }

        public int RoutesVersion => journal.RoutesVersion;

        public bool HasBatch => _batch.Count > 0;

        public Route Resolve(ReadOnlySpan<byte> topic)
        {
            journal.Resolved++;
            return new Route(journal.RoutesVersion);
        }

        public Admission Admit(Route route, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
        {
            Assert.Equal(journal.RoutesVersion, route.Handle);
            string text = Encoding.UTF8.GetString(topic);
            if (journal.FailsOn(text))
            {
                throw new InvalidOperationException("A fault.");
            }

            if (!principal.MayPublish)
            {
                NotPermitted++;
                return Admission.Rejected;
            }

            if (journal.Becomes(text) is var admission && admission != Admission.Admitted)
            {
                return admission;
            }

            _batch.Add($"{text}={Encoding.UTF8.GetString(payload)}");
            return Admission.Admitted;
        }

        public ValueTask<long> SubmitAsync(CancellationToken ct) => journal.SubmitAsync(_batch, ct);

        public void Dispose() => IsDisposed = true;
    }
}
