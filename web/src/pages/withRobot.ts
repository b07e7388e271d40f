/** Pages on which one robot is simulated, by their path below the page's own. */
const WITH_ROBOT = /^\/(models\/[^/]+|tasks\/[^/]+(\/jobs\/[^/]+)?)?$/;

/** Whether a robot will be simulated on the page at a path. */
export function showsRobot(path: string): boolean {
  return WITH_ROBOT.test(path);
}
