namespace MekongTwin.Engines.PowerFlow;

/// <summary>How one scenario of a batch ended, whichever solver took it.</summary>
/// <param name="Converged">False when the solver gave up: its other figures and its voltages are those of an iterate that is no solution.</param>
/// <param name="Iterations">Newton's steps, or the sweep's passes there and back.</param>
/// <param name="Residual">Largest power mismatch of a bus at the voltages given, pu; NaN when the iterate left the numbers.</param>
/// <param name="WorstBus">Index of the bus with the largest mismatch when not converged, else −1.</param>
/// <param name="LossesP">Active losses of all branches, pu.</param>
/// <param name="LossesQ">Reactive power taken by all branches less what their charging brings, pu.</param>
/// <param name="LowestVm">Lowest voltage of a served bus, pu.</param>
public readonly record struct ScenarioResult(bool Converged, int Iterations, double Residual, int WorstBus, double LossesP, double LossesQ, double LowestVm);
